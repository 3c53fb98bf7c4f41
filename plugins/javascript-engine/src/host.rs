//! What the prelude is given of the host.

use std::time::Duration;

use rquickjs::{Ctx, Function, Object, Runtime, TypedArray, Value};

use crate::bindings::retort::bot::http::{HttpError, Request};
use crate::bindings::retort::bot::log::{Level, write};
use crate::bindings::retort::bot::secrets::SecretError;
use crate::bindings::retort::bot::{budget, config, http, secrets};
use crate::{engine, libraries};

/// QuickJS asks for the time here; microseconds since 1970. While it starts there is nobody to ask yet.
#[allow(unsafe_code, reason = "the engine links to this name")]
#[unsafe(no_mangle)]
extern "C" fn __rquickjs_host_now_us() -> f64 {
    if !engine::has_started() {
        return 0.0;
    }
    let now = wasip2::clocks::wall_clock::now();
    now.seconds as f64 * 1e6 + f64::from(now.nanoseconds / 1000)
}

/// Waits, or is cut.
pub fn wait(time: Duration) {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    if nanos > 0 {
        wasip2::clocks::monotonic_clock::subscribe_duration(nanos).block();
    }
}

/// The object that each file of the prelude is handed first.
pub fn object<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    let function =
        |name: &str, function: rquickjs::Result<Function<'js>>| host.set(name, function?);
    function("log", Function::new(ctx.clone(), log))?;
    function("config", Function::new(ctx.clone(), configuration))?;
    function("left", Function::new(ctx.clone(), budget::remaining_ms))?;
    function("random", Function::new(ctx.clone(), random))?;
    function("secret", Function::new(ctx.clone(), secret))?;
    function("send", Function::new(ctx.clone(), send))?;
    function("utf8", Function::new(ctx.clone(), utf8))?;
    function("text", Function::new(ctx.clone(), text))?;
    function("library", Function::new(ctx.clone(), libraries::function))?;
    Ok(host)
}

/// Has `own.rejected` told of promises that are rejected, and of those that are looked after in the end.
pub fn tell_rejections(runtime: &Runtime) {
    runtime.set_host_promise_rejection_tracker(Some(Box::new(|ctx, promise, reason, handled| {
        // It is no more than the reason of a silence: where it cannot be told, the silence is.
        let rejected = engine::own(&ctx).and_then(|own| own.get::<_, Function>("rejected"));
        drop(rejected.and_then(|rejected| rejected.call::<_, ()>((promise, reason, handled))));
    })));
}

const NOT_SET: &str = "it is granted, and has no value yet: an operator sets it by `retort secrets set`, and on a machine \
                       of one's own it stands in the file of --secrets";

fn log(level: u8, message: String) {
    let level = match level {
        0 => Level::Debug,
        1 => Level::Info,
        2 => Level::Warn,
        _ => Level::Error,
    };
    write(level, &message);
}

/// Keys and values, one after the other.
fn configuration() -> Vec<String> {
    let keys = config::keys().into_iter();
    let pairs = keys.filter_map(|key| config::get(&key).map(|value| [key, value]));
    pairs.flatten().collect()
}

fn random(ctx: Ctx<'_>, length: u32) -> rquickjs::Result<TypedArray<'_, u8>> {
    let bytes = wasip2::random::random::get_random_bytes(length.into());
    TypedArray::new(ctx, bytes)
}

/// `{ value }`, or `{ kind, problem }`.
fn secret<'js>(ctx: Ctx<'js>, name: String) -> rquickjs::Result<Object<'js>> {
    let said = Object::new(ctx)?;
    let (kind, problem) = match secrets::get(&name) {
        Ok(value) => {
            said.set("value", value)?;
            return Ok(said);
        }
        Err(SecretError::Denied(why)) => ("denied", why),
        Err(SecretError::NotSet) => ("not-set", NOT_SET.to_owned()),
        Err(SecretError::Other(why)) => ("other", why),
    };
    said.set("kind", kind)?;
    said.set("problem", problem)?;
    Ok(said)
}

/// `{ status, names, values, body }`, or `{ kind, problem }`.
fn send<'js>(
    ctx: Ctx<'js>,
    method: String,
    url: String,
    names: Vec<String>,
    values: Vec<String>,
    body: Value<'js>,
) -> rquickjs::Result<Object<'js>> {
    let request = Request {
        method,
        url,
        headers: names.into_iter().zip(values).collect(),
        body: bytes(&body),
    };
    let said = Object::new(ctx.clone())?;
    let (kind, problem) = match http::send(&request) {
        Ok(response) => {
            let (names, values): (Vec<_>, Vec<_>) = response.headers.into_iter().unzip();
            said.set("status", response.status)?;
            said.set("names", names)?;
            said.set("values", values)?;
            said.set("body", TypedArray::new(ctx, response.body)?)?;
            return Ok(said);
        }
        Err(HttpError::Denied(why)) => ("denied", why),
        Err(HttpError::Invalid(why)) => ("invalid", why),
        Err(HttpError::Timeout) => ("timeout", "no answer within its time".to_owned()),
        Err(HttpError::Limit(why)) => ("limit", why),
        Err(HttpError::Connection(why)) => ("connection", why),
        Err(HttpError::Other(why)) => ("other", why),
    };
    said.set("kind", kind)?;
    said.set("problem", problem)?;
    Ok(said)
}

/// The bytes of a text or of a `Uint8Array`; none of anything else.
fn bytes(body: &Value<'_>) -> Option<Vec<u8>> {
    if let Some(text) = body.as_string() {
        return text.to_string().ok().map(String::into_bytes);
    }
    let array = body.as_object()?.as_typed_array::<u8>()?;
    #[allow(
        unsafe_code,
        reason = "the array could change while its bytes are borrowed"
    )]
    // SAFETY: they are copied at once, and no script runs meanwhile.
    let bytes = unsafe { array.as_bytes() };
    bytes.map(<[u8]>::to_vec)
}

fn utf8(ctx: Ctx<'_>, text: String) -> rquickjs::Result<TypedArray<'_, u8>> {
    TypedArray::new(ctx, text.into_bytes())
}

/// The text of bytes, with U+FFFD for what is none.
fn text(bytes: Value<'_>) -> String {
    let bytes = self::bytes(&bytes).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
