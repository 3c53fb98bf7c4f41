//! Components on their way in: a few at a time, since each takes far more memory than any message, and one of each
//! tenant's, so that nobody who sends slowly holds up others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::fault::Fault;
use crate::http::problem::Problem;
use crate::tenant::TenantId;

/// At a time, of all tenants.
const PLACES: usize = 4;
/// Of a tenant's that wait at a time: each holds a connection meanwhile.
const WAITING: usize = 4;
/// How long one waits for others of its tenant and for a place: as long as each of them may take to arrive.
const WAIT: Duration = Duration::from_secs(60);

/// The components that are on their way in. Cheap to clone.
#[derive(Clone)]
pub(in crate::http) struct Uploads {
    places: Arc<Semaphore>,
    tenants: Arc<Mutex<HashMap<TenantId, Arc<Semaphore>>>>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _all: OwnedSemaphorePermit,
    _tenant: OwnedSemaphorePermit,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(PLACES)),
            tenants: Arc::default(),
        }
    }
}

impl Uploads {
    /// A place for a component of a tenant's, once there is one.
    pub(super) async fn place(&self, tenant: &TenantId) -> Result<Place, Problem> {
        let own = self.of(tenant);
        // Itself, the one that waits or is under way each, and the table.
        if Arc::strong_count(&own) > WAITING + 2 {
            return Err(full());
        }
        let place = async {
            // First among its own: who waits for them takes no place that another tenant could have.
            let _tenant = own.acquire_owned().await.ok()?;
            let _all = Arc::clone(&self.places).acquire_owned().await.ok()?;
            Some(Place { _all, _tenant })
        };
        timeout(WAIT, place).await.ok().flatten().ok_or_else(full)
    }

    fn of(&self, tenant: &TenantId) -> Arc<Semaphore> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever has a place, or waits for one, holds on to it.
        tenants.retain(|_, own| Arc::strong_count(own) > 1);
        let own = tenants.entry(tenant.clone());
        Arc::clone(own.or_insert_with(|| Arc::new(Semaphore::new(1))))
    }
}

fn full() -> Problem {
    Problem {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "too-many-uploads",
        fault: Fault::Host,
        detail: "other components are being uploaded, and this one found no place in time"
            .to_owned(),
        retry_after: Some(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        name.parse().expect("a tenant")
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_of_a_tenants_wait_and_one_more_is_told_at_once() {
        let uploads = Uploads::default();
        let _first = uploads.place(&tenant("a")).await.expect("a place");
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..WAITING {
            let uploads = uploads.clone();
            waiting.spawn(async move { uploads.place(&tenant("a")).await.is_ok() });
            tokio::task::yield_now().await;
        }
        let begun = tokio::time::Instant::now();
        assert!(uploads.place(&tenant("a")).await.is_err());
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert!(uploads.place(&tenant("b")).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_has_one_place_and_all_have_four_and_who_finds_none_is_told_so() {
        let uploads = Uploads::default();
        let first = uploads.place(&tenant("a")).await.expect("a place");
        let second = uploads.place(&tenant("a")).await;
        assert_eq!(second.expect_err("none").code, "too-many-uploads");
        let mut others = Vec::new();
        for name in ["b", "c", "d"] {
            others.push(uploads.place(&tenant(name)).await.expect("a place"));
        }
        assert!(uploads.place(&tenant("e")).await.is_err());
        drop(first);
        assert!(uploads.place(&tenant("e")).await.is_ok());
        assert!(uploads.place(&tenant("a")).await.is_ok());
    }
}
