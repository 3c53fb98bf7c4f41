//! Long lists, a page at a time.

use std::str::FromStr;

use serde::Deserialize;
use utoipa::IntoParams;

use super::bad_query;
use crate::http::problem::Problem;

/// Items in one answer, unless another number is asked for, and at most.
pub(super) const PAGE: u16 = 100;
pub(super) const MOST: u16 = 1_000;

/// Which part of a list.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Only what comes after this one: the `next` of the page before.
    after: Option<String>,
    /// How many at most: 1 to 1000, and 100 unless it is given.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
}

impl Page {
    /// The item that the page begins after.
    pub(super) fn after<T: FromStr<Err: std::fmt::Display>>(&self) -> Result<Option<T>, Problem> {
        let after = self.after.as_deref().map(str::parse).transpose();
        after.map_err(|error| bad_query(format!("`after` is none: {error}")))
    }

    pub(super) fn limit(&self) -> Result<usize, Problem> {
        limit(self.limit)
    }

    /// This page of a list that is there as a whole, and what the next one begins after.
    pub(super) fn of<T>(
        &self,
        mut items: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, Option<String>), Problem> {
        if let Some(after) = &self.after {
            let known = items.iter().position(|item| key(item) == *after);
            let known = known.ok_or_else(|| bad_query("`after` is none of the list"))?;
            items.drain(..=known);
        }
        items.truncate(self.limit()?);
        let next = self.next(&items, key)?;
        Ok((items, next))
    }

    /// What the next page begins after; none if this one is not full.
    pub(super) fn next<T>(
        &self,
        items: &[T],
        key: impl Fn(&T) -> String,
    ) -> Result<Option<String>, Problem> {
        let is_full = items.len() == self.limit()?;
        Ok(items.last().filter(|_| is_full).map(key))
    }
}

/// How many items are asked for.
pub(super) fn limit(asked: Option<u16>) -> Result<usize, Problem> {
    match asked.unwrap_or(PAGE) {
        limit @ 1..=MOST => Ok(limit.into()),
        other => Err(bad_query(format!(
            "`limit` is {other}; 1 to {MOST} are possible"
        ))),
    }
}
