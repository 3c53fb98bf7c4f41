//! The HTTP requests that bots send out: each is checked against rules, its name looked up, every address found
//! checked, and the checked address dialled; all of it bounded in bytes, counts and time. Knows nothing of bots, of
//! tenants, or of where rules and secrets come from.
//!
//! A bot may be hostile, and so may whoever answers it. Nothing is shared between two requests: no connection, no TLS
//! session, no cookie. The environment's proxy variables are not read.

mod address;
mod caps;
mod connection;
mod fakes;
mod headers;
mod hostile;
mod method;
mod not_sent;
mod places;
mod redirect;
mod request;
mod resolve;
mod response;
mod rule;
mod secrets;
mod settings;
mod shown;
mod target;
#[cfg(test)]
mod tests;
mod tls;
mod wire;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};
use url::Url;

pub use caps::Caps;
pub use fakes::Fakes;
pub use hostile::Hostile;
pub use method::Method;
pub use not_sent::NotSent;
pub use request::Request;
pub use resolve::{Found, Resolve};
pub use response::Response;
pub use rule::{Allowed, BadRule, Rule};
pub use settings::{NotSetUp, Range, Remedy, Settings, range};

use places::{Place, Places};
use request::Hop;
use response::Answer;
use secrets::Secrets;

/// Sends the requests of bots. Cheap to clone; the clones share their limits and nothing else.
#[derive(Clone)]
pub struct Egress {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    resolver: Arc<dyn Resolve>,
    tls: Arc<ClientConfig>,
    connections: Places,
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress")
            .field("settings", &self.shared.settings)
            .field("resolver", &self.shared.resolver)
            .finish_non_exhaustive()
    }
}

impl Egress {
    /// Looks names up as this machine does.
    ///
    /// # Errors
    /// [`NotSetUp`] if a setting is out of its range, or the file of certificates cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, NotSetUp> {
        settings.check()?;
        let resolver = resolve::System::new(settings.lookups);
        Self::with_resolver(settings, Arc::new(resolver))
    }

    /// Looks names up with `resolver`, which bounds its own lookups.
    ///
    /// # Errors
    /// [`NotSetUp`] if a setting is out of its range, or the file of certificates cannot be used.
    pub fn with_resolver(
        settings: &Settings,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, NotSetUp> {
        settings.check()?;
        let shared = Shared {
            settings: settings.clone(),
            resolver,
            tls: tls::client(settings.ca_file.as_deref())?,
            connections: Places::new(settings.connections),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Sends a request for a party, follows where it is redirected to, and waits for the whole response.
    ///
    /// Each hop has to be allowed by a rule of its own, and is resolved and checked anew. What it used is told in
    /// `caps`, on every path.
    ///
    /// # Errors
    /// [`NotSent::Invalid`] if the request is malformed. [`NotSent::Denied`] if no rule allows it or a hop that it is
    /// redirected to, a secret is not set, or an address is one that bots may not reach. [`NotSent::Timeout`] at the
    /// deadline, whatever is being waited for. [`NotSent::Limit`] above one of `caps`, of the room's own limits, or of
    /// the redirects. [`NotSent::Connection`] if the other side could not be reached or did not answer in HTTP.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection. Only a lookup that the system has begun goes on, in its place.
    pub async fn send(
        &self,
        request: Request,
        allowed: &[Allowed],
        caps: &mut Caps,
        party: &str,
    ) -> Result<Response, NotSent> {
        let deadline = Instant::from_std(caps.deadline);
        timeout_at(deadline, self.follow(request, allowed, caps, party))
            .await
            .unwrap_or(Err(NotSent::Timeout))
    }

    async fn follow(
        &self,
        request: Request,
        allowed: &[Allowed],
        caps: &mut Caps,
        party: &str,
    ) -> Result<Response, NotSent> {
        let mut hop = Hop::first(request, caps)?;
        let mut secrets = Secrets::default();
        loop {
            let exchanged = self.exchange(&hop, allowed, &mut secrets, caps, party);
            let answer = exchanged.await.map_err(|error| hop.explain(error))?;
            match hop.redirected_by(&answer)? {
                Some(next) => hop = next,
                None => return Ok(answer.into()),
            }
        }
    }

    /// One hop: from its rule to its answer, in which no secret that was sent along is left.
    async fn exchange(
        &self,
        hop: &Hop,
        allowed: &[Allowed],
        secrets: &mut Secrets,
        caps: &mut Caps,
        party: &str,
    ) -> Result<Answer, NotSent> {
        let permission = rule::first_that_allows(allowed, hop.method, &hop.url)?;
        let request = hop.request(permission.injected(secrets, self.shared.settings.remedy)?)?;
        // Counted before the lookup: that goes out, too.
        caps.count_request()?;
        if let Some(fakes) = &self.shared.settings.fakes {
            let mut answer = fakes.answer(hop, caps).await?;
            secrets.hide_in(&mut answer);
            return Ok(answer);
        }
        let addresses = self.addresses(&hop.url, party).await?;
        let _place = self.place(party).await?;
        let deadline = Instant::from_std(caps.deadline);
        let stream = connection::open(&self.shared.tls, &hop.url, &addresses, deadline).await?;
        let exchange = connection::Exchange {
            stream,
            origin: target::origin(&hop.url),
            most_bytes: caps.response_bytes,
        };
        let mut answer = exchange.run(request, &mut caps.moved).await?;
        if secrets.are_some() && answer.is_encoded() {
            let origin = target::origin(&hop.url);
            return Err(NotSent::connection(format!(
                "{origin} answers in an encoding, though it was asked not to, since a secret went along"
            )));
        }
        secrets.hide_in(&mut answer);
        Ok(answer)
    }

    /// Where the host of a checked URL is; each of them is one that bots may reach.
    async fn addresses(&self, url: &Url, party: &str) -> Result<Vec<SocketAddr>, NotSent> {
        let found = resolve::addresses(self.shared.resolver.as_ref(), url, party).await?;
        address::all_reachable(url, &found, &self.shared.settings)
    }

    async fn place(&self, party: &str) -> Result<Place, NotSent> {
        let place = self.shared.connections.take(party).await;
        place.map_err(|_| NotSent::connection("the host opens no connections any more"))
    }
}
