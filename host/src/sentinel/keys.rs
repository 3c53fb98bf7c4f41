//! Public keys, in the two forms that they come in, and what they say of a token. Knows nothing of where they are from.

use std::collections::HashSet;

use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, Validation, decode};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// 2048 bits. What signs with less can be broken.
const LEAST_KEY_BYTES: usize = 256;

/// Keys of one place.
#[derive(Default)]
pub(super) struct Keys(Vec<Key>);

struct Key {
    /// Its name. One without a name fits every token, as each does one that names none.
    id: Option<String>,
    key: DecodingKey,
}

/// What keys say of a token, the weightiest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// It names another key, or none of these has signed it.
    KeyNotKnown,
    /// It names one of these, which has not signed it.
    Forged,
    Signed,
}

/// Why a text is no key, or no set of keys.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Whoever has it can make tokens.
    #[error("it is a private key, which is to be nobody's but its owner's; give the public one")]
    Private,
    /// It is something else.
    #[error(
        "it is no public RSA key in PEM: base64 alone goes between the lines `-----BEGIN PUBLIC KEY-----` and \
         `-----END PUBLIC KEY-----`"
    )]
    NotPem,
    /// It is one that can be broken.
    #[error("it is an RSA key of less than 2048 bits")]
    Short,
    /// It is no JSON, or other JSON.
    #[error("it is no set of keys in JSON (JWKS)")]
    NotJwks,
    /// It is a set, with nothing in it that is of use.
    #[error("it is a set of keys without an RSA key for signatures by RS256, of 2048 bits or more")]
    NoneForSignatures,
}

impl Keys {
    /// A set of keys in JSON, or else one key in PEM.
    pub(super) fn read(text: &str) -> Result<Self, Unusable> {
        if text.trim_start().starts_with('{') {
            Self::of_jwks(text.as_bytes())
        } else {
            Self::of_pem(text)
        }
    }

    /// One key in PEM, which has no name.
    pub(super) fn of_pem(text: &str) -> Result<Self, Unusable> {
        if text.contains("PRIVATE KEY-----") {
            return Err(Unusable::Private);
        }
        // The library takes certificates too, and finds something in them that is no key.
        let is_public = text.contains("PUBLIC KEY-----");
        let key = DecodingKey::from_rsa_pem(text.as_bytes()).ok();
        let key = key.filter(|_| is_public).ok_or(Unusable::NotPem)?;
        if !is_long(&key) {
            return Err(Unusable::Short);
        }
        Ok(Self(vec![Key { id: None, key }]))
    }

    /// Those of a set that can verify: it may have others, for other purposes and in forms that are not known here.
    pub(super) fn of_jwks(json: &[u8]) -> Result<Self, Unusable> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = serde_json::from_slice(json).map_err(|_| Unusable::NotJwks)?;
        let keys: Vec<_> = set.keys.into_iter().filter_map(Key::of_jwk).collect();
        if keys.is_empty() {
            return Err(Unusable::NoneForSignatures);
        }
        Ok(Self(keys))
    }

    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// What they say of a token, which may name the key that it is signed with.
    pub(super) fn verdict(&self, token: &str, named: Option<&str>) -> Verdict {
        let is_named = |key: &&Key| key.id.is_some() && key.id.as_deref() == named;
        let fits = |key: &&Key| named.is_none() || key.id.is_none() || is_named(key);
        if self.0.iter().any(|key| fits(&key) && key.has_signed(token)) {
            return Verdict::Signed;
        }
        match self.0.iter().any(|key| is_named(&key)) {
            true => Verdict::Forged,
            false => Verdict::KeyNotKnown,
        }
    }
}

impl Key {
    fn of_jwk(jwk: serde_json::Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(jwk).ok()?;
        let is_for_signatures =
            matches!(
                jwk.common.public_key_use,
                None | Some(PublicKeyUse::Signature)
            ) && matches!(jwk.common.key_algorithm, None | Some(KeyAlgorithm::RS256));
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        let is_rsa = matches!(key.kind(), DecodingKeyKind::RsaModulusExponent { .. });
        (is_for_signatures && is_rsa && is_long(&key)).then_some(Self {
            id: jwk.common.key_id,
            key,
        })
    }

    fn has_signed(&self, token: &str) -> bool {
        decode::<IgnoredAny>(token, &self.key, &signature_alone()).is_ok()
    }
}

/// What a token says is judged elsewhere, by a clock that a test can set.
fn signature_alone() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

/// By the bytes of its modulus, or of all of it, which are some more.
fn is_long(key: &DecodingKey) -> bool {
    let bytes = match key.kind() {
        DecodingKeyKind::SecretOrDer(der) => der.len(),
        DecodingKeyKind::RsaModulusExponent { n, .. } => n.len(),
    };
    bytes >= LEAST_KEY_BYTES
}
