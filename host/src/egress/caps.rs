//! What a request may use up. Knows nothing of whose it is.

#![expect(
    clippy::disallowed_types,
    reason = "the deadline is that of a guest, which spins in real time"
)]

use std::time::Instant;

use super::not_sent::NotSent;

/// What the calls of a turn may use up, and what this one did.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
    /// When this call has to be over.
    pub deadline: Instant,
    /// Requests that may still go out; a redirect that is followed is one more.
    pub requests_left: u32,
    /// What a request's body may have.
    pub request_bytes: usize,
    /// What a response's body may have.
    pub response_bytes: usize,
    /// Bytes that were sent and received, headers included: HTTP's, before TLS. Each call adds its own.
    pub moved: u64,
}

impl Caps {
    pub(super) fn count_request(&mut self) -> Result<(), NotSent> {
        let left = self.requests_left.checked_sub(1);
        self.requests_left = left.ok_or_else(|| {
            NotSent::limit("no request is left of those that may go out, redirects included")
        })?;
        Ok(())
    }
}
