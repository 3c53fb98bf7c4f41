//! Who asks, as handlers are handed it: before anything of a body is read, and nothing is told to who may not.

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use super::FrontDoor;
use super::problem::Problem;
use crate::access::{Caller, Refused, Role};
use crate::control::Control;
use crate::tenant::TenantId;

/// What a route takes of who asks it.
pub(super) trait Takes: Send {
    /// Any of these roles.
    const ROLES: &[Role];
}

/// Looks at a tenant's bots.
pub(super) struct Reads;
/// Changes what is served.
pub(super) struct Changes;
/// Says who may do what, and what bots may reach.
pub(super) struct Governs;
/// Sees what was done.
pub(super) struct Audits;
/// Reads what consumers wrote, and runs it again: no more than who gives the host bots can have one of them log.
pub(super) struct Replays;
/// Asks bots.
struct Asks;

impl Takes for Reads {
    const ROLES: &[Role] = Role::ANY;
}
impl Takes for Changes {
    const ROLES: &[Role] = &[Role::Developer];
}
impl Takes for Governs {
    const ROLES: &[Role] = &[Role::Admin];
}
impl Takes for Audits {
    const ROLES: &[Role] = &[Role::Admin, Role::Developer];
}
impl Takes for Replays {
    const ROLES: &[Role] = &[Role::Developer];
}
impl Takes for Asks {
    const ROLES: &[Role] = &[Role::Invoker, Role::Developer];
}

/// Somebody who may do what the route is for, with the bots of the tenant that the path names, if it names one.
pub(super) struct Operator<T> {
    pub(super) control: Control,
    pub(super) caller: Caller,
    takes: PhantomData<T>,
}

impl<T: Takes> FromRequestParts<FrontDoor> for Operator<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &FrontDoor) -> Result<Self, Problem> {
        let control = door.control.clone().ok_or_else(no_admin)?;
        let caller = check::<T>(&control, parts, door).await?;
        Ok(Self {
            control,
            caller,
            takes: PhantomData,
        })
    }
}

/// Somebody who may ask the bots of the tenant that the path names. A host without an operators' side is one person's
/// own, and open.
pub(super) struct Asker;

impl FromRequestParts<FrontDoor> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &FrontDoor) -> Result<Self, Problem> {
        if let Some(control) = &door.control {
            check::<Asks>(control, parts, door).await?;
        }
        Ok(Self)
    }
}

async fn check<T: Takes>(
    control: &Control,
    parts: &mut Parts,
    door: &FrontDoor,
) -> Result<Caller, Problem> {
    let tenant = tenant(parts, door).await?;
    let token = bearer(&parts.headers);
    let checked = control.access().check(token, T::ROLES, tenant.as_ref());
    Ok(match checked {
        Err(refused) if refused.is_attempt() => {
            Err(control.access().attempted(refused, parts.uri.path()).await)
        }
        checked => checked,
    }?)
}

/// The tenant that a path names.
pub(super) async fn tenant(
    parts: &mut Parts,
    door: &FrontDoor,
) -> Result<Option<TenantId>, Problem> {
    let Ok(names) = RawPathParams::from_request_parts(parts, door).await else {
        return Ok(None);
    };
    let named = names.iter().find(|(name, _)| *name == "tenant");
    let tenant = named.map(|(_, tenant)| tenant.parse()).transpose();
    Ok(tenant?)
}

/// What is sent as a token. Of two nobody knows which is meant.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (Some(sent), None) = (sent.next(), sent.next()) else {
        return None;
    };
    let (scheme, token) = sent.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start())
}

fn no_admin() -> Problem {
    let detail = "this host is not administered over HTTP";
    Problem::caller(StatusCode::NOT_FOUND, "no-such-route", detail)
}

impl From<Refused> for Problem {
    fn from(error: Refused) -> Self {
        let status = match error {
            Refused::Missing | Refused::Unknown | Refused::Expired | Refused::Revoked => {
                StatusCode::UNAUTHORIZED
            }
            Refused::Role(_) | Refused::Tenant => StatusCode::FORBIDDEN,
            Refused::TooMany => StatusCode::TOO_MANY_REQUESTS,
        };
        let mut problem = Self::caller(status, error.code(), error.to_string());
        problem.retry_after = (error == Refused::TooMany).then_some(60);
        problem
    }
}
