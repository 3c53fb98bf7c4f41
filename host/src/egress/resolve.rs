//! From a host to the addresses it is at. Knows nothing of which of them may be reached.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;

use tokio::task::spawn_blocking;
use url::{Host, Url};

use super::not_sent::NotSent;
use super::places::Places;
use super::shown::Said;
use super::target;

/// What a resolver answers, once it has.
pub type Found<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Looks names up.
pub trait Resolve: Send + Sync + Debug {
    /// The addresses of a name, in the order in which they are to be dialled; `party` is whoever wants to know.
    fn resolve<'a>(&'a self, host: &'a str, party: &'a str) -> Found<'a>;
}

/// The addresses of a checked URL's host, at least one. An address needs no lookup.
pub(super) async fn addresses(
    resolver: &dyn Resolve,
    url: &Url,
    party: &str,
) -> Result<Vec<IpAddr>, NotSent> {
    let name = match target::host(url)? {
        Host::Ipv4(address) => return Ok(vec![address.into()]),
        Host::Ipv6(address) => return Ok(vec![address.into()]),
        Host::Domain(name) => name,
    };
    let found = resolver.resolve(name, party).await.map_err(|error| {
        let error = error.to_string();
        NotSent::connection(format!("\"{name}\" was not found: {}", Said(&error)))
    })?;
    if found.is_empty() {
        return Err(NotSent::connection(format!("\"{name}\" has no address")));
    }
    Ok(found)
}

/// The resolver of this machine, which blocks a thread for each lookup.
#[derive(Debug)]
pub(super) struct System {
    places: Places,
}

impl System {
    pub(super) fn new(lookups: usize) -> Self {
        Self {
            places: Places::new(lookups),
        }
    }
}

impl Resolve for System {
    fn resolve<'a>(&'a self, host: &'a str, party: &'a str) -> Found<'a> {
        Box::pin(in_place(&self.places, party, host.to_owned(), look_up))
    }
}

fn look_up(host: &str) -> io::Result<Vec<IpAddr>> {
    let found = (host, 0).to_socket_addrs()?;
    Ok(found.map(|address| address.ip()).collect())
}

/// Runs a lookup that blocks. A thread inside one cannot be stopped, so the place goes with the thread, not with who
/// waits for it: slow lookups use up their party's places, and no more threads than that.
async fn in_place(
    places: &Places,
    party: &str,
    host: String,
    look_up: impl FnOnce(&str) -> io::Result<Vec<IpAddr>> + Send + 'static,
) -> io::Result<Vec<IpAddr>> {
    let place = places.take(party).await?;
    let lookup = spawn_blocking(move || {
        let found = look_up(&host);
        drop(place);
        found
    });
    lookup.await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_lookup_that_nobody_waits_for_keeps_its_place_until_it_is_over() {
        let lookups = 1;
        let places = Places::new(lookups);
        let (answer, question) = mpsc::channel::<()>();
        let slow = in_place(&places, "a", "slow.example".to_owned(), move |_| {
            let _ = question.recv();
            Ok(Vec::new())
        });
        assert!(timeout(Duration::from_millis(50), slow).await.is_err());
        let moment = Duration::from_millis(50);
        assert!(timeout(moment, places.take("b")).await.is_err());

        answer.send(()).unwrap();
        let next = in_place(&places, "a", "next.example".to_owned(), |_| Ok(Vec::new()));
        let next = timeout(Duration::from_secs(5), next).await.unwrap();
        assert_eq!(next.unwrap(), Vec::<IpAddr>::new());
    }

    #[tokio::test]
    async fn this_machine_knows_itself() {
        let found = System::new(1).resolve("localhost", "a").await.unwrap();
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
    }
}
