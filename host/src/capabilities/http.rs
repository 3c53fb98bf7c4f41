//! `http`: what a bot sends out, by the rules that it was granted, inside its turn's time and its own limits. Knows
//! nothing of how a request goes out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::instrument;
use wasmtime::Result;

use super::granted::Granted;
use super::moved::Moved;
use super::tally::Tally;
use super::tape::{Exchange, Tape};
use crate::bindings::http::{Host, HttpError, Request, Response};
use crate::egress::{self, Allowed, Caps, Egress, NotSent, Rule};
use crate::tenant::TenantId;
use crate::vault::{Redactions, Vault};

/// What a turn may send and receive.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests, each redirect that is followed included.
    pub requests: u32,
    /// Bytes of a request's body.
    pub request_bytes: usize,
    /// Bytes of a response's body.
    pub response_bytes: usize,
    /// How long a call may take, its redirects included.
    pub time: Duration,
}

/// What a call costs as if it had moved so many bytes: a lookup, a connection, and its encryption.
const CALL_BYTES: usize = 100_000;

/// What is left to a bot of its turn when a call ends for want of time, enough to say that nothing came: a tenth of what
/// it had, and no more than this.
const RESERVE: Duration = Duration::from_millis(50);

/// What comes back for a request in a turn that is run again, if it was not sent the first time.
const NOT_SENT_BEFORE: &str = "the turn that this one repeats did not send this request";

/// A request that may have reached somebody, and what came back.
pub type Sent = (Request, Result<Response, HttpError>);

/// One turn's requests.
#[derive(Debug)]
pub struct Http {
    /// The rules that it has.
    pub granted: Arc<Granted>,
    /// Whose it is, and where their secrets are; none for a turn of nobody's.
    pub vault: Option<(TenantId, Vault)>,
    /// What sends them; none for a turn that nobody asked for.
    pub egress: Option<Egress>,
    /// What it may.
    pub limits: Limits,
    /// When the turn is cut.
    pub deadline: Instant,
    /// What this turn sent when it ran before. It is not sent twice: the same request in its place gets the same answer.
    pub before: VecDeque<Sent>,
    /// What it has sent.
    pub sent: Vec<Sent>,
    /// Whether it wants to send something else than it did before, and so cannot be run again.
    pub has_strayed: bool,
    /// Where the secrets are noted that go along.
    pub redactions: Redactions,
    /// Where bytes are counted.
    pub moved: Moved,
    /// Where the calls are.
    pub tally: Tally,
    /// Where it is noted what was sent and came back.
    pub tape: Tape,
}

impl Http {
    /// What comes back in a turn that is run again from what was noted of it.
    fn exchanged_before(&self, request: &Request) -> Option<Result<Response, HttpError>> {
        let is_it = |exchange: &Exchange| exchange.sent.0 == *request;
        let is_like_it = |exchange: &Exchange| {
            let (before, _) = &exchange.sent;
            (&before.method, &before.url) == (&request.method, &request.url)
        };
        let mut found = self.tape.exchanged_before(is_it)?;
        if found.is_none() {
            found = self.tape.exchanged_before(is_like_it)?;
        }
        // As many letters stand for what was overwritten.
        if found.is_none() && self.tape.is_redacted() {
            let is_as_long = |exchange: &Exchange| {
                let (before, _) = &exchange.sent;
                before.method == request.method && before.url.len() == request.url.len()
            };
            found = self.tape.exchanged_before(is_as_long)?;
        }
        Some(match found {
            None => Err(HttpError::Connection(NOT_SENT_BEFORE.to_owned())),
            Some(Exchange { sent, moved }) => {
                self.moved.add(moved);
                sent.1
            }
        })
    }

    async fn answer(&mut self, request: Request) -> Result<Response, HttpError> {
        if let Some(answered) = self.exchanged_before(&request) {
            return answered;
        }
        if let Some(answered) = self.sent_again(&request).await {
            return answered;
        }
        let sent = self.send_new(request).await;
        self.tally
            .add("http", sent.as_ref().err().map_or("ok", case));
        sent
    }

    /// What comes back in a turn that is run again, as long as something is left that it has sent before.
    async fn sent_again(&mut self, request: &Request) -> Option<Result<Response, HttpError>> {
        let (asked, answered) = self.before.front()?;
        if asked == request {
            let answered = answered.clone();
            self.sent.extend(self.before.pop_front());
            self.limits.requests = self.limits.requests.saturating_sub(1);
            return Some(answered);
        }
        // What does not go out at all was not noted the first time either.
        let left = std::mem::take(&mut self.limits.requests);
        let refused = self.send_out(request.clone()).await;
        self.limits.requests = left;
        Some(match refused {
            Err(error @ (HttpError::Denied(_) | HttpError::Invalid(_))) => Err(error),
            _ => {
                self.has_strayed = true;
                let why = "this turn is run again, and sends something else than before";
                Err(HttpError::Other(why.to_owned()))
            }
        })
    }

    /// Whether it did something else than before, and so must not be answered.
    pub fn has_strayed(&self) -> bool {
        self.has_strayed || !self.before.is_empty()
    }

    /// Sends a request, and notes it if anything of it went out.
    async fn send_new(&mut self, request: Request) -> Result<Response, HttpError> {
        if self.has_strayed {
            return Err(HttpError::Other("this turn is over".to_owned()));
        }
        let left = self.limits.requests;
        let sent = self.send_out(request.clone()).await;
        let sent = sent.map(|response| Response {
            status: response.status,
            headers: response.headers,
            body: response.body,
        });
        // Only a turn that keeps something is ever run again.
        if self.limits.requests < left && !self.granted.state.is_empty() {
            self.sent.push((request, sent.clone()));
        }
        sent
    }

    async fn send_out(&mut self, request: Request) -> Result<egress::Response, HttpError> {
        if self.granted.http.is_empty() {
            return Err(HttpError::Denied(
                "`http` is not granted: it takes `http = [\"GET https://...\"]` under `[wants]` in its manifest, and a grant \
                 of that as `http:GET https://...`"
                    .to_owned(),
            ));
        }
        let (Some(egress), Some((tenant, _))) = (self.egress.clone(), &self.vault) else {
            return Err(HttpError::Denied(
                "this turn is one that nobody asked for, such as a connection test: it reaches nothing outside".to_owned(),
            ));
        };
        let tenant = tenant.clone();
        let allowed = self.allowed().await?;
        let mut caps = self.caps();
        let request = egress::Request {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: request.body,
        };
        let sent = egress.send(request, &allowed, &mut caps, tenant.as_str());
        let sent = sent.await;
        self.limits.requests = caps.requests_left;
        let moved = usize::try_from(caps.moved).unwrap_or(usize::MAX);
        self.moved.add(moved.saturating_add(CALL_BYTES));
        sent.map_err(|error| self.explained(error))
    }

    /// The rules with the secrets that go along.
    async fn allowed(&self) -> Result<Vec<Allowed>, HttpError> {
        let mut allowed = Vec::with_capacity(self.granted.http.len());
        for rule in &self.granted.http {
            let secret = self.secret(rule).await?;
            let rule = rule.clone();
            allowed.push(Allowed { rule, secret });
        }
        Ok(allowed)
    }

    async fn secret(&self, rule: &Rule) -> Result<Option<Arc<str>>, HttpError> {
        let (Some(name), Some((tenant, vault))) = (rule.secret(), &self.vault) else {
            return Ok(None);
        };
        let found = vault.get(tenant, name).await.map_err(|error| {
            tracing::error!("a secret cannot be read: {error}");
            HttpError::Other("the host cannot read the secret that goes along".to_owned())
        })?;
        Ok(found.map(|secret| {
            self.redactions.add(name, &secret);
            secret.expose().into()
        }))
    }

    fn caps(&self) -> Caps {
        let now = Instant::now();
        let left = self.deadline.saturating_duration_since(now);
        Caps {
            deadline: now + self.limits.time.min(left - RESERVE.min(left / 10)),
            requests_left: self.limits.requests,
            request_bytes: self.limits.request_bytes,
            response_bytes: self.limits.response_bytes,
            moved: 0,
        }
    }

    fn explained(&self, error: NotSent) -> HttpError {
        match error {
            NotSent::Denied(why) => HttpError::Denied(why),
            NotSent::Invalid(why) => HttpError::Invalid(why),
            NotSent::Timeout => HttpError::Timeout,
            NotSent::Limit(why) => HttpError::Limit(why),
            NotSent::Connection(why) => HttpError::Connection(why),
        }
    }
}

// Dropping a turn in the middle of a call closes its connection.
impl Host for Http {
    #[instrument(name = "http.send", level = "debug", skip_all, fields(outcome))]
    async fn send(&mut self, request: Request) -> Result<Result<Response, HttpError>> {
        self.tape.begin()?;
        let asked = self.tape.notes().then(|| request.clone());
        let before = self.moved.so_far();
        let answered = self.answer(request).await;
        let outcome = answered.as_ref().err().map_or("ok", case);
        tracing::Span::current().record("outcome", outcome);
        if let Some(asked) = asked {
            let moved = self.moved.so_far().saturating_sub(before);
            let sent = (asked, answered.clone());
            self.tape.exchanged(Exchange { sent, moved });
        }
        self.tape.end();
        Ok(answered)
    }
}

fn case(error: &HttpError) -> &'static str {
    match error {
        HttpError::Denied(_) => "denied",
        HttpError::Invalid(_) => "invalid",
        HttpError::Timeout => "timeout",
        HttpError::Limit(_) => "limit",
        HttpError::Connection(_) => "connection",
        HttpError::Other(_) => "other",
    }
}
