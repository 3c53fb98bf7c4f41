//! What a bot asks to be sent, and one hop of that: a request that is checked and not yet allowed.

use std::fmt;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT_ENCODING, CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, RANGE};
use hyper::http::uri::{PathAndQuery, Uri};
use url::{Position, Url};

use super::caps::Caps;
use super::headers;
use super::method::Method;
use super::not_sent::NotSent;
use super::shown::Shown;
use super::target;

/// What a bot asks to be sent, as it says it: nothing is checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// A method in capitals.
    pub method: String,
    /// An absolute URL.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body, if any.
    pub body: Option<Vec<u8>>,
}

impl fmt::Debug for Request {
    /// Leaves out what may be somebody's: the URL, headers' values and the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

/// One request to one origin. The first is the bot's; the others are where it was redirected to.
#[derive(Clone)]
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// How many redirects led here.
    pub(super) redirects: u32,
}

impl Hop {
    /// Checks what a bot asked for.
    pub(super) fn first(request: Request, caps: &Caps) -> Result<Self, NotSent> {
        let method = Method::named(&request.method).ok_or_else(|| {
            let given = Shown(&request.method);
            let all = Method::ALL.map(Method::as_str).join(", ");
            NotSent::invalid(format!("the method {given} is none of {all}"))
        })?;
        let url = target::parse(&request.url)?;
        let headers = headers::checked(&request.headers)?;
        let body = Bytes::from(request.body.unwrap_or_default());
        if body.len() > caps.request_bytes {
            let (bytes, most) = (body.len(), caps.request_bytes);
            let why = format!("the request's body has {bytes} bytes, over the limit of {most}");
            return Err(NotSent::limit(why));
        }
        Ok(Self {
            method,
            url,
            headers,
            body,
            redirects: 0,
        })
    }

    /// What goes over the wire, with the header that the hop's rule adds.
    pub(super) fn request(
        &self,
        injected: Option<(HeaderName, HeaderValue)>,
    ) -> Result<hyper::Request<Full<Bytes>>, NotSent> {
        let path = &self.url[Position::BeforePath..Position::AfterQuery];
        let authority = &self.url[Position::BeforeHost..Position::AfterPort];
        let not_http = |_| NotSent::invalid("the URL has a character that HTTP does not allow");
        let path = PathAndQuery::try_from(path).map_err(not_http)?;
        let host = HeaderValue::try_from(authority);
        let host =
            host.map_err(|_| NotSent::invalid("the URL has a host that HTTP does not allow"))?;
        let mut headers = self.headers.clone();
        headers.insert(HOST, host);
        // Nobody else may use this connection, so the server need not wait for more.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if let Some((name, value)) = injected {
            // Of an answer that is compressed, or comes in pieces, nobody sees whether it repeats the secret.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            headers.remove(RANGE);
            headers.insert(name, value);
        }
        let mut request = hyper::Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.on_the_wire();
        *request.uri_mut() = Uri::from(path);
        *request.headers_mut() = headers;
        Ok(request)
    }
}
