//! A host that somebody else serves: reached over HTTP alone, and left as it was found. Knows nothing of attacks.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::{TENANTS, Taken};
use crate::cli::Ended;
use crate::cli::attack::target::Target;
use crate::cli::local::wants_of;
use crate::cli::operate::remote::{Method, Remote};
use crate::sandbox::Limits;

/// What the history of the host is told.
const NOTE: &str = "retort attack";

/// Far more than there are attacks, and as many as a host lists at once.
const MOST_BOTS: u16 = 1_000;

/// A host that was there before, and will be there afterwards.
pub(in crate::cli::attack) struct Deployed {
    pub(super) target: Target,
    pub(super) url: String,
    remote: Arc<Remote>,
    /// Held by whoever asks for a change until the host has answered, also when nobody waits for it any more.
    changing: Arc<Mutex<()>>,
}

/// Why something was not done.
struct NotDone {
    /// The host's name for it; empty if it gave none.
    code: String,
    ended: Ended,
}

/// A bot that is served, and where.
struct Served {
    bot: String,
    environment: String,
}

impl Deployed {
    /// Finds the host, and sees that it is one.
    pub(super) async fn find(url: String, token: &str) -> Result<Self, Ended> {
        let token = token.trim().to_owned();
        let target = Target::find(&url, &token).await?;
        let deployed = Self {
            target,
            remote: Arc::new(Remote::new(url.clone(), token)),
            url,
            changing: Arc::default(),
        };
        for tenant in TENANTS {
            deployed.served(tenant).await?;
        }
        Ok(deployed)
    }

    /// Has the host serve a bot, under those of these limits that are not the defaults.
    pub(super) async fn deploy(
        &self,
        (tenant, bot): (&str, &str),
        component: &[u8],
        limits: &Limits,
    ) -> Result<Taken, Ended> {
        let path = format!("tenants/{tenant}/bots/{bot}");
        let deadline_ms = limits.deadline_ms.into();
        let mut limits = differing(limits);
        let [_, attackers] = TENANTS;
        if tenant == attackers {
            // Their lateness is told by it, so it is set even where it is the default.
            limits.insert("deadline_ms".to_owned(), deadline_ms);
        }
        match self.put(&path, component, limits).await {
            Ok(()) => Ok(Taken::Served),
            Err(NotDone { code, ended }) if code == "bad-setting" => {
                Ok(Taken::Untried(ended.to_string()))
            }
            Err(NotDone {
                ended: Ended::NoBot(why),
                ..
            }) => Ok(Taken::Refused(why)),
            Err(not_done) => Err(not_done.told()),
        }
    }

    async fn put(
        &self,
        path: &str,
        component: &[u8],
        limits: Map<String, Value>,
    ) -> Result<(), NotDone> {
        let revisions = format!("{path}/revisions");
        let revision = self
            .ask(Method::POST, revisions, component.to_vec())
            .await?;
        let wanted = json!({
            "digest": revision.get("digest"),
            // A bot that attacks is bound to fail at its first turn.
            "settings": { "limits": limits, "smoke_turn": false },
            "grant": wants_of(component),
            "note": NOTE,
        });
        let at = format!("{path}/environments/draft/deployment");
        self.ask(Method::PUT, at, wanted.to_string().into()).await?;
        Ok(())
    }

    /// Has the host serve nothing of the two tenants, and says of how many bots that is news. What goes wrong with
    /// one keeps none of the others.
    pub(super) async fn clear(&self) -> Result<usize, Ended> {
        let (mut cleared, mut failed) = (0, None);
        for tenant in TENANTS {
            for Served { bot, environment } in self.served(tenant).await? {
                let at =
                    format!("tenants/{tenant}/bots/{bot}/environments/{environment}/deployment");
                let note = json!({ "note": NOTE }).to_string();
                let undeployed = self.ask(Method::DELETE, at, note.into()).await;
                match undeployed {
                    Ok(_) => cleared += 1,
                    Err(not_done) => failed = failed.or(Some(not_done)),
                }
            }
        }
        failed.map_or(Ok(cleared), |not_done| Err(not_done.told()))
    }

    async fn served(&self, tenant: &str) -> Result<Vec<Served>, Ended> {
        let list = format!("tenants/{tenant}/bots?limit={MOST_BOTS}");
        let answer = self.ask(Method::GET, list, Vec::new()).await;
        let answer = answer.map_err(NotDone::told)?;
        served_in(&answer).ok_or_else(|| {
            let url = &self.url;
            Ended::Host(format!(
                "{url} is no host of Retort's: it answers with something else"
            ))
        })
    }

    /// Asks for something, one thing at a time.
    ///
    /// # Cancel safety
    /// Dropping the future leaves what was asked for to be answered; whoever asks next waits for that, so nothing
    /// can be deployed after it was seen to be gone.
    async fn ask(&self, method: Method, path: String, body: Vec<u8>) -> Result<Value, NotDone> {
        let alone = Arc::clone(&self.changing).lock_owned().await;
        let remote = Arc::clone(&self.remote);
        let path = format!("/admin/v1/{path}");
        let asking = tokio::spawn(async move {
            let answered = remote.call(method, &path, body).await;
            drop(alone);
            answered
        });
        let unasked = |error| Ended::Host(format!("the host was not asked: {error}"));
        let answered = asking.await.map_err(unasked).and_then(|answered| answered);
        let answered = answered.map_err(|ended| NotDone {
            code: String::new(),
            ended,
        })?;
        let code = answered.body.get("code").and_then(Value::as_str);
        let code = code.unwrap_or_default().to_owned();
        let well = answered.well().map_err(|ended| NotDone { code, ended });
        well.map(|answered| answered.body)
    }
}

impl NotDone {
    /// What the command ends with. Only of a token that is not for this is more told than in the host's own words.
    fn told(self) -> Ended {
        if !["not-your-role", "not-your-tenant"].contains(&self.code.as_str()) {
            return self.ended;
        }
        let [neighbours, attackers] = TENANTS;
        Ended::Usage(format!(
            "{}; to attack takes one with the roles developer and admin, for all tenants or for {neighbours} and {attackers}",
            self.ended
        ))
    }
}

/// What a list of bots says that is served; none if it is no such list.
fn served_in(answer: &Value) -> Option<Vec<Served>> {
    let mut served = Vec::new();
    for bot in answer.get("bots")?.as_array()? {
        for environment in bot.get("environments")?.as_array()? {
            if !environment.get("sides")?.as_array()?.is_empty() {
                served.push(Served {
                    bot: bot.get("name")?.as_str()?.to_owned(),
                    environment: environment.get("environment")?.as_str()?.to_owned(),
                });
            }
        }
    }
    Some(served)
}

/// What differs from the defaults, as a deployment's settings have it: all else is to be the host's own.
fn differing(limits: &Limits) -> Map<String, Value> {
    let table = |limits: &Limits| match serde_json::to_value(limits) {
        Ok(Value::Object(table)) => table,
        _ => Map::new(),
    };
    let (mut own, host) = (table(limits), table(&Limits::default()));
    own.retain(|key, value| host.get(key) != Some(value));
    own
}
