//! A host's admin API, as a caller sees it.

mod trust;

use std::io::Read;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
pub(in crate::cli) use ureq::http::Method;
use ureq::http::request::Builder;
use ureq::http::{Request, header};
use ureq::tls::TlsConfig;
use ureq::{AsSendBody, SendBody};

use super::table::{field, items, text};
use crate::chat::one_line;
use crate::cli::{Ended, say};
use crate::fault::Fault;

/// A component may have to be compiled meanwhile, and to be tried after another one.
const TIME: Duration = Duration::from_secs(1_000);

/// Items that are asked for at a time: as many as there may be.
const PAGE: u16 = 1_000;

/// Of an answer that is read as a whole.
const MOST_ANSWER_BYTES: u64 = 10 << 20;
/// Of a component: `component.bytes` is no higher.
const MOST_FILE_BYTES: u64 = 1 << 30;

/// More than any host has.
const MOST_PAGES: u32 = 10_000;

/// Which host, and who asks.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Remote {
    /// The host
    #[arg(long, env = "RETORT_URL", default_value = "http://127.0.0.1:7878")]
    url: String,
    /// The CA that signed the host's certificate, PEM, if it is a private one; no other is trusted then
    #[arg(long, env = "RETORT_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Who asks; the first token of a host is in admin.token in its data folder
    #[arg(long, env = "RETORT_TOKEN", hide_env_values = true, default_value = "")]
    token: String,
    /// Print the host's own answer, for programs
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Set once a person was told that others can read the token.
    #[arg(skip)]
    warned: OnceLock<()>,
}

impl Remote {
    /// A host, and the token to show it.
    #[cfg(feature = "attack")]
    pub(in crate::cli) fn new(url: String, token: String) -> Self {
        Self {
            url,
            ca: None,
            token,
            json: false,
            warned: OnceLock::new(),
        }
    }

    /// Asks for something, and gives the answer if that is no error.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<Value, Ended> {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        self.send(method, path, body).await
    }

    /// The same of what may not be there.
    pub(super) async fn ask_if_any(&self, path: &str) -> Result<Option<Value>, Ended> {
        let path = format!("/admin/v1/{path}");
        let answered = self.call(Method::GET, &path, Vec::new()).await?;
        match answered.status {
            404 => Ok(None),
            _ => Ok(Some(answered.well()?.body)),
        }
    }

    /// All of a list, page by page, in one answer: the first one, with the items of all.
    pub(super) async fn ask_all(&self, path: &str, list: &str) -> Result<Value, Ended> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut all = self
            .ask(
                Method::GET,
                &format!("{path}{joint}limit={PAGE}"),
                Value::Null,
            )
            .await?;
        let path = path.split('?').next().unwrap_or(path);
        let (mut next, mut pages) = (text(field(&all, "next")), 0);
        while !next.is_empty() {
            let page = format!("{path}?limit={PAGE}&after={next}");
            let more = self.ask(Method::GET, &page, Value::Null).await?;
            let before = std::mem::replace(&mut next, text(field(&more, "next")));
            pages += 1;
            if next == before || pages == MOST_PAGES {
                return Err(Ended::Host(format!("the pages of {path} have no end")));
            }
            if let Some(all) = all.get_mut(list).and_then(Value::as_array_mut) {
                all.extend_from_slice(items(&more, list));
            }
        }
        if let Some(all) = all.as_object_mut() {
            all.insert("next".to_owned(), Value::Null);
        }
        Ok(all)
    }

    /// Asks for a file, and gives its bytes as they are.
    pub(super) async fn fetch(&self, path: &str) -> Result<Vec<u8>, Ended> {
        let path = format!("/admin/v1/{path}");
        let request = self.request(Method::GET, &path, |request| request.body(Vec::new()))?;
        let (status, bytes) = self
            .exchange(request, |bytes| bytes, MOST_FILE_BYTES)
            .await?;
        match status {
            200 => Ok(bytes),
            _ => Err(refused(status, &read(&bytes))),
        }
    }

    /// Sends any bytes, and gives the answer if that is no error.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Value, Ended> {
        let answered = self
            .call(method, &format!("/admin/v1/{path}"), body)
            .await?;
        Ok(answered.well()?.body)
    }

    /// Where the host is.
    pub(super) fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    /// Asks for anything that a host has.
    pub(in crate::cli) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Answered, Ended> {
        let request = self.request(method, path, |request| request.body(body))?;
        self.answered(request, |bytes| bytes).await
    }

    /// The same as [`Remote::send`], with a body of so many bytes that is made while it is sent.
    pub(super) async fn stream(
        &self,
        method: Method,
        path: &str,
        bytes: u64,
        body: impl Read + Send + 'static,
    ) -> Result<Value, Ended> {
        let request = self.request(method, &format!("/admin/v1/{path}"), |request| {
            // A host that does not take it says so before it is sent, and not by hanging up in the middle.
            let request = request.header(header::EXPECT, "100-continue");
            request.header(header::CONTENT_LENGTH, bytes).body(body)
        })?;
        let answered = self.answered(request, SendBody::from_owned_reader).await;
        Ok(answered?.well()?.body)
    }

    fn request<B>(
        &self,
        method: Method,
        path: &str,
        with: impl FnOnce(Builder) -> Result<Request<B>, ureq::http::Error>,
    ) -> Result<Request<B>, Ended> {
        let url = format!("{}{path}", self.url());
        if !url.starts_with("http://") && !url.starts_with("https://") {
            let begin = "begin it with http:// or https://";
            return Err(Ended::Usage(format!("\"{}\" is no URL: {begin}", self.url)));
        }
        if self.token.trim().is_empty() {
            return Err(Ended::Usage(
                "no token is given: put it into RETORT_TOKEN, or give it with --token; the first one of a host is in \
                 admin.token in its data folder"
                    .to_owned(),
            ));
        }
        let token = format!("Bearer {}", self.token.trim());
        let request = Request::builder().method(method).uri(&url);
        with(request.header(header::AUTHORIZATION, token))
            .map_err(|error| Ended::Usage(format!("\"{url}\" cannot be asked: {error}")))
    }

    async fn answered<B: Send + 'static, S: AsSendBody>(
        &self,
        request: Request<B>,
        send: impl FnOnce(B) -> S + Send + 'static,
    ) -> Result<Answered, Ended> {
        let (status, bytes) = self.exchange(request, send, MOST_ANSWER_BYTES).await?;
        let body = read(&bytes);
        Ok(Answered { status, body })
    }

    /// `send` is how the body is sent; made where it is, on a thread that may wait.
    async fn exchange<B: Send + 'static, S: AsSendBody>(
        &self,
        request: Request<B>,
        send: impl FnOnce(B) -> S + Send + 'static,
        most: u64,
    ) -> Result<(u16, Vec<u8>), Ended> {
        let tls = trust::tls(self.ca.as_deref())?;
        self.warn();
        let answered =
            tokio::task::spawn_blocking(move || answer(request.map(send), tls, most)).await;
        answered
            .map_err(|error| Ended::Host(format!("{} was not asked: {error}", self.url)))?
            .map_err(|error| Ended::Host(trust::unanswered(&self.url, self.ca.as_deref(), &error)))
    }

    /// Says, once, that a token goes where it can be read on the way.
    fn warn(&self) {
        if trust::is_overheard(&self.url) && self.warned.set(()).is_ok() {
            say(format_args!(
                "warning: the token goes to {} unencrypted, and whoever is on the way can read and use it; have the \
                 host speak TLS, and ask it by https://",
                self.url
            ));
        }
    }
}

/// What a host answered.
pub(in crate::cli) struct Answered {
    status: u16,
    /// As JSON; a text if it is none.
    pub(in crate::cli) body: Value,
}

impl Answered {
    /// Itself, if it is no error.
    pub(in crate::cli) fn well(self) -> Result<Self, Ended> {
        if (200..300).contains(&self.status) {
            Ok(self)
        } else {
            Err(refused(self.status, &self.body))
        }
    }
}

/// JSON; a text if it is none.
fn read(answer: &[u8]) -> Value {
    let text = || Value::String(String::from_utf8_lossy(answer).into_owned());
    serde_json::from_slice(answer).unwrap_or_else(|_| text())
}

fn answer(
    request: Request<impl AsSendBody>,
    tls: TlsConfig,
    most: u64,
) -> Result<(u16, Vec<u8>), ureq::Error> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        // What is asked, and the token, are for the host that was named and for no other.
        .max_redirects(0)
        .tls_config(tls)
        .timeout_global(Some(TIME));
    let agent = config.build().new_agent();
    let mut response = agent.run(request)?;
    let bytes = response
        .body_mut()
        .with_config()
        .limit(most)
        .read_to_vec()?;
    Ok((response.status().as_u16(), bytes))
}

/// A host's problem, in its own words.
fn refused(status: u16, answer: &Value) -> Ended {
    let word = |name| field(answer, name).as_str();
    if let Some(status) = word("status") {
        return Ended::Host(format!("the host says of itself that it is \"{status}\""));
    }
    let Some(detail) = word("detail") else {
        return Ended::Host(format!(
            "this is no host of Retort's: it answers with status {status}"
        ));
    };
    let code = word("code").unwrap_or_default();
    let words = one_line(&format!("{detail} ({code})"), usize::MAX);
    // A bot that runs its trial into a limit has not passed it either.
    if code == "gate-not-passed" || code.starts_with("trial-") {
        return Ended::Failed(words);
    }
    match word("fault") {
        Some(fault) if fault == Fault::Caller.as_str() => Ended::Usage(words),
        Some(fault) if fault == Fault::Bot.as_str() => Ended::NoBot(words),
        _ => Ended::Host(words),
    }
}
