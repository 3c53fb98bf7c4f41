//! What a token says of itself, and when it may be believed. Knows nothing of keys: whether it is signed is seen elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Refused;
use crate::tenant::TenantId;

/// What two machines' clocks may differ by.
const LEEWAY_SECONDS: f64 = 60.0;

const ALGORITHM: &str = "RS256";

/// What a token is believed, once it is seen to be signed.
#[derive(Debug)]
pub(super) struct Claims {
    /// The account that it is for.
    pub(super) account: TenantId,
    scopes: Vec<String>,
    /// In seconds of Unix time, as tokens have it.
    expires: f64,
    begins: Option<f64>,
}

/// The first part.
#[derive(Deserialize)]
struct Head {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    /// Whoever does not know what is critical is to refuse it; here nothing is known.
    #[serde(default)]
    crit: Option<Value>,
}

/// The second part. What is not there is null.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    iss: Value,
    #[serde(default)]
    aud: Value,
    #[serde(default)]
    scope: Value,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
}

/// The key that a token names, and what it says, if one of the issuers has issued it.
pub(super) fn read(token: &str, issuers: &[String]) -> Result<(Option<String>, Claims), Refused> {
    let parts: Vec<_> = token.split('.').collect();
    let [head, said, _signature] = parts.as_slice() else {
        return Err(Refused::NotAToken);
    };
    let head: Head = part(head)?;
    if head.alg != ALGORITHM {
        return Err(Refused::Algorithm);
    }
    if head.crit.is_some() {
        return Err(Refused::NotAToken);
    }
    let said: Said = part(said)?;
    let is_issuer = |issuer: &str| issuers.iter().any(|known| known == issuer);
    if !said.iss.as_str().is_some_and(is_issuer) {
        return Err(Refused::Issuer);
    }
    let claims = Claims {
        account: account(&said.aud).ok_or(Refused::Audience)?,
        scopes: scopes(&said.scope),
        expires: said.exp,
        begins: said.nbf,
    };
    Ok((head.kid, claims))
}

fn part<T: DeserializeOwned>(encoded: &str) -> Result<T, Refused> {
    let json = URL_SAFE_NO_PAD.decode(encoded).ok();
    let part = json.and_then(|json| serde_json::from_slice(&json).ok());
    part.ok_or(Refused::NotAToken)
}

/// One audience, by itself or alone in a list: a token for two would leave open whose call this is.
fn account(audience: &Value) -> Option<TenantId> {
    let name = match audience {
        Value::Array(audiences) => match audiences.as_slice() {
            [audience] => audience,
            _ => return None,
        },
        audience => audience,
    };
    name.as_str()?.parse().ok()
}

/// A list, or words in a text.
fn scopes(scope: &Value) -> Vec<String> {
    let texts = match scope {
        Value::Array(scopes) => scopes.iter().collect(),
        scope => vec![scope],
    };
    let words = texts.into_iter().filter_map(Value::as_str);
    let words = words.flat_map(str::split_ascii_whitespace);
    words.map(str::to_owned).collect()
}

impl Claims {
    pub(super) fn are_valid_at(&self, now: Timestamp) -> Result<(), Refused> {
        // Exact for all the years in which it matters.
        let now = now.as_second() as f64;
        if now >= self.expires + LEEWAY_SECONDS {
            return Err(Refused::Expired);
        }
        match self.begins {
            Some(begins) if now < begins - LEEWAY_SECONDS => Err(Refused::TooEarly),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn have_any(&self, scopes: &[impl AsRef<str>]) -> bool {
        let has = |scope: &str| self.scopes.iter().any(|own| own == scope);
        scopes.iter().any(|scope| has(scope.as_ref()))
    }
}
