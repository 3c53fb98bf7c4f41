//! LivePerson's authorization server as far as a host sees it: who signs tokens, and where keys are published.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};

/// What stands before an RSA key of 2048 bits in the form that is most in use, SubjectPublicKeyInfo.
const SPKI: &[u8] = &[
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
];

/// A key that is too short to be trusted.
pub const SHORT_KEY: &str = include_str!("sentinel/short.pem");
/// A private key.
pub const PRIVATE_KEY: &str = include_str!("sentinel/one.pem");

/// Somebody who signs tokens.
pub struct Signer {
    pair: RsaKeyPair,
    /// The name of the key.
    pub key: &'static str,
}

/// The first of two who sign tokens.
pub fn one() -> Signer {
    Signer::of(include_str!("sentinel/one.pem"), "key-1")
}

/// The second of them.
pub fn two() -> Signer {
    Signer::of(include_str!("sentinel/two.pem"), "key-2")
}

/// Seconds of Unix time.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("it is later").as_secs()
}

/// What a token for `acme` says that is valid for an hour.
pub fn claims() -> Value {
    json!({
        "aud": "acme", "azp": "client", "iss": "Sentinel", "scope": "thirdpartybots.customendpoint.bot",
        "iat": now(), "exp": now() + 3600,
    })
}

/// The same, but for some of it; null takes it away.
pub fn claims_but(others: &Value) -> Value {
    let mut claims = claims();
    let all = claims.as_object_mut().expect("claims");
    for (name, value) in others.as_object().expect("claims") {
        all.insert(name.clone(), value.clone());
    }
    all.retain(|_, value| !value.is_null());
    claims
}

/// A part of a token.
pub fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    fn of(pem: &str, key: &'static str) -> Self {
        let base64: String = pem.lines().filter(|line| is_base64(line)).collect();
        let der = STANDARD.decode(base64).expect("a key");
        let pair = RsaKeyPair::from_pkcs8(&der).expect("a key");
        Self { pair, key }
    }

    /// The same with another name for the key.
    pub fn naming(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// A token with what it says.
    pub fn token(&self, claims: &Value) -> String {
        self.token_under(
            &json!({ "alg": "RS256", "typ": "JWT", "kid": self.key }),
            claims,
        )
    }

    /// A token with a head of its own.
    pub fn token_under(&self, head: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", part(head.to_string()), part(claims.to_string()));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let random = SystemRandom::new();
        let signed = self.pair.sign(
            &RSA_PKCS1_SHA256,
            &random,
            message.as_bytes(),
            &mut signature,
        );
        signed.expect("it is signed");
        format!("{message}.{}", part(signature))
    }

    /// Its public key in PEM, in one line, as LivePerson prints its own.
    pub fn public_pem(&self) -> String {
        let der = [SPKI, self.pair.public().as_ref()].concat();
        let base64 = STANDARD.encode(der);
        format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----")
    }

    /// Its public key as one of a set.
    pub fn jwk(&self) -> Value {
        let public: RsaPublicKeyComponents<Vec<u8>> = self.pair.public().into();
        let (n, e) = (part(public.n), part(public.e));
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key, "n": n, "e": e })
    }
}

fn is_base64(line: &str) -> bool {
    let is_of_it = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    !line.is_empty() && line.chars().all(is_of_it)
}

/// A set of keys.
pub fn jwks(signers: &[&Signer]) -> String {
    let keys: Vec<_> = signers.iter().map(|signer| signer.jwk()).collect();
    json!({ "keys": keys }).to_string()
}

/// Where keys are published. On a thread of its own, so that a test may stop its time.
pub struct KeyServer {
    /// Where they are.
    pub url: String,
    published: Arc<Published>,
}

struct Published {
    answers: Mutex<Answers>,
    changed: Condvar,
}

struct Answers {
    head: String,
    body: String,
    is_held: bool,
    asked: usize,
}

impl Published {
    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().expect("no panic")
    }
}

impl KeyServer {
    /// One that publishes some keys.
    pub fn of(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = listener.local_addr().expect("an address");
        let answers = Answers {
            head: "200 OK".to_owned(),
            body: jwks(signers),
            is_held: false,
            asked: 0,
        };
        let published = Arc::new(Published {
            answers: Mutex::new(answers),
            changed: Condvar::new(),
        });
        let serving = Arc::clone(&published);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // Who asks may be gone.
                let _over = answer(stream.expect("a connection"), &serving);
            }
        });
        let url = format!("http://{at}/sentinel/well-known/jwks");
        Self { url, published }
    }

    fn change(&self, change: impl FnOnce(&mut Answers)) {
        change(&mut self.published.answers());
        self.published.changed.notify_all();
    }

    /// Publishes other keys.
    pub fn publish(&self, signers: &[&Signer]) {
        self.answer_with("200 OK", &jwks(signers));
    }

    /// Answers like this from now on: a status with what stands below it, and a body.
    pub fn answer_with(&self, head: &str, body: &str) {
        self.change(|answers| {
            head.clone_into(&mut answers.head);
            body.clone_into(&mut answers.body);
        });
    }

    /// Takes what it is asked, and answers only once it is let go.
    pub fn hold(&self, is_held: bool) {
        self.change(|answers| answers.is_held = is_held);
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.published.answers().asked
    }
}

fn answer(mut stream: TcpStream, published: &Published) -> std::io::Result<()> {
    let mut lines = BufReader::new(&stream).lines();
    while lines
        .next()
        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
    {}
    let mut answers = published.answers();
    answers.asked += 1;
    while answers.is_held {
        answers = published.changed.wait(answers).expect("no panic");
    }
    let Answers { head, body, .. } = &*answers;
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}
