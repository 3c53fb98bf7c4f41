//! A host that is administered: what an operator does and sees.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use retort::cli::attack::component::component;
use retort::control::Control;
use retort::http::Platform;
use retort::invocation::{Host, Settings};
use retort::registry::settings::Defaults;
use retort::store::Store;
use serde_json::{Value, json};

use crate::host::{Answer, Served};

/// A host with what is kept in a folder, and a token for everything if the folder is new.
#[derive(Clone)]
pub struct Administered {
    /// The host.
    pub host: Served,
    /// The first token; empty if there was one already.
    pub token: String,
}

/// A bot that says a word.
pub fn saying(word: &str) -> Vec<u8> {
    let length = word.len();
    let text = format!(
        "(;MODULE;)\n(data (i32.const 512) \"{word}\")\n(;RESPOND;)\n(return (call $say (i32.const 512) (i32.const {length})))"
    );
    component(&text).expect("it is a bot")
}

/// A bot that traps when it is asked.
pub fn trapping() -> Vec<u8> {
    component("(;MODULE;)\n(;RESPOND;)\nunreachable").expect("it is a bot")
}

/// The store of a folder, once whoever had it before has given it back: its threads end a moment after it is dropped.
pub async fn opened(folder: &Path) -> Store {
    for _ in 0..200 {
        if let Ok(store) = Store::open(folder) {
            return store;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Store::open(folder).expect("a store")
}

impl Administered {
    /// Opens a folder.
    pub async fn open(folder: &Path) -> Self {
        Self::open_with(folder, Defaults::default()).await
    }

    /// The same, with what deployments have that say nothing else.
    pub async fn open_with(folder: &Path, defaults: Defaults) -> Self {
        Self::open_as(folder, Settings::default(), defaults).await
    }

    /// The same, with a host's own settings.
    pub async fn open_as(folder: &Path, settings: Settings, defaults: Defaults) -> Self {
        let host = Host::new(settings, opened(folder).await).expect("a host");
        let control = Control::open(host.clone(), defaults, BTreeSet::new());
        let control = control.await.expect("the operators' side");
        let unserved = control.serve_all().await.expect("it can be read");
        assert!(unserved.is_empty(), "{unserved:?}");
        let mut token = String::new();
        if !control.access().has_admin() {
            let made = control.access().make_first(|first| {
                first.clone_into(&mut token);
                Ok(())
            });
            made.await.expect("a token");
        }
        let host = Served::of(host, control);
        Self { host, token }
    }

    /// The same, whose host answers LivePerson's calls like this.
    pub fn answering(self, platform: Platform) -> Self {
        let host = self.host.answering(platform);
        Self { host, ..self }
    }

    /// The same, for who has another token.
    pub fn with(&self, token: &str) -> Self {
        let token = token.to_owned();
        let host = self.host.clone();
        Self { host, token }
    }

    /// A request with the token.
    pub async fn send(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {}", self.token));
        self.host
            .answer(request.body(body.into()).expect("a request"))
            .await
    }

    /// A request to the admin API.
    pub async fn admin(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.send(method, &format!("/admin/v1/{path}"), body).await
    }

    /// Gives a tenant's bot a component; its digest.
    pub async fn upload(&self, tenant: &str, bot: &str, component: Vec<u8>) -> String {
        let path = format!("/admin/v1/tenants/{tenant}/bots/{bot}/revisions");
        let answer = self.send("POST", &path, component).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["digest"].as_str().expect("a digest").to_owned()
    }

    /// Has `draft` serve a revision.
    pub async fn deploy(&self, tenant: &str, bot: &str, digest: &str, weight: u8) -> Answer {
        let asked = json!({ "digest": digest, "weight": weight });
        self.admin("PUT", &deployment(tenant, bot), &asked).await
    }

    /// A token for some roles and tenants.
    pub async fn token_for(&self, roles: &[&str], tenants: Option<&[&str]>) -> Self {
        let asked = json!({ "name": "another", "roles": roles, "tenants": tenants });
        let made = self.admin("POST", "tokens", &asked).await;
        assert_eq!(made.status, 201, "{made:?}");
        self.with(made.body["token"].as_str().expect("a token"))
    }

    /// What a bot says in a conversation.
    pub async fn says(&self, tenant: &str, bot: &str, conversation: &str) -> String {
        let path = format!("/tenants/{tenant}/bots/{bot}/environments/draft/respond");
        let payload = json!({ "convId": conversation, "message": "hello" });
        let answer = self.send("POST", &path, payload.to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["messages"][0]
            .as_str()
            .expect("a text")
            .to_owned()
    }
}

/// Where the deployment of a bot's `draft` is.
pub fn deployment(tenant: &str, bot: &str) -> String {
    format!("tenants/{tenant}/bots/{bot}/environments/draft/deployment")
}
