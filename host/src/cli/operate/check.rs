//! `retort check`: what LivePerson's Test Connection would find, and in how long.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::remote::{Answered, Method, Remote};
use super::table::{field, text};
use super::{At, Of};
use crate::cli::{Ended, give};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    at: At,
    /// Ask for the state on the Custom Endpoint as well, as the platform does for a bot of that vendor: it has to be
    /// `online`. A host that asks for LivePerson's tokens there does not take an operator's; one with
    /// `liveperson.open_tenant` takes any, and what answers is the bot of that name of this tenant
    #[arg(long)]
    custom_endpoint: bool,
    #[command(flatten)]
    remote: Remote,
}

/// One thing that was tried.
struct Tried {
    what: &'static str,
    ms: f64,
    /// What was found, or what is wrong.
    found: Result<String, Ended>,
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    let mut all = vec![reachable(&args).await, answers(&args).await];
    if args.custom_endpoint {
        all.push(online(&args).await);
    }
    if args.remote.json {
        give(Value::Array(all.iter().map(as_json).collect()));
    } else {
        all.iter().for_each(show);
    }
    let failed = all.into_iter().find_map(|tried| tried.found.err());
    failed.map_or(Ok(()), Err)
}

/// Whether anything answers, and whether that is a host.
async fn reachable(args: &Args) -> Tried {
    tried(
        "reachable",
        args,
        Method::GET,
        "/healthz",
        Vec::new(),
        |answered| match field(&answered.body, "status").as_str() {
            Some(_) => Ok(args.remote.url().to_owned()),
            None => Err(Ended::Host("this is no host of Retort's".to_owned())),
        },
    )
    .await
}

/// A payload without a conversation is a connection test: the bot takes a turn, and what it says is of no interest.
async fn answers(args: &Args) -> Tried {
    let At { of, environment } = &args.at;
    let Of { tenant, bot } = of;
    let path = format!("/tenants/{tenant}/bots/{bot}/environments/{environment}/respond");
    let body = json!({ "message": "", "context": {} })
        .to_string()
        .into_bytes();
    tried("answers", args, Method::POST, &path, body, |_| {
        Ok(format!("{tenant}/{bot}/{environment}"))
    })
    .await
}

async fn online(args: &Args) -> Tried {
    let At { of, environment } = &args.at;
    let bot = &of.bot;
    let path = format!("/v1/bots/{bot}/environments/{environment}/state");
    tried(
        "Custom Endpoint",
        args,
        Method::GET,
        &path,
        Vec::new(),
        |answered| {
            let state = text(field(&answered.body, "state"));
            if state == "online" {
                return Ok(format!(
                    "online, version {}",
                    text(field(&answered.body, "version"))
                ));
            }
            Err(Ended::Bot(format!(
                "the bot's state is `{state}`, and has to be `online`"
            )))
        },
    )
    .await
}

async fn tried(
    what: &'static str,
    args: &Args,
    method: Method,
    path: &str,
    body: Vec<u8>,
    found: impl FnOnce(&Answered) -> Result<String, Ended>,
) -> Tried {
    let begun = Instant::now();
    let answered = args.remote.call(method, path, body).await;
    let ms = begun.elapsed().as_secs_f64() * 1000.0;
    let found = answered
        .and_then(Answered::well)
        .and_then(|answered| found(&answered));
    Tried { what, ms, found }
}

fn show(tried: &Tried) {
    let Tried { what, ms, found } = tried;
    match found {
        Ok(found) => give(format_args!("{what:<16} yes, in {ms:.1} ms: {found}")),
        Err(error) => give(format_args!("{what:<16} no, after {ms:.1} ms: {error}")),
    }
}

fn as_json(tried: &Tried) -> Value {
    let (is_well, said) = match &tried.found {
        Ok(found) => (true, found.clone()),
        Err(error) => (false, error.to_string()),
    };
    json!({ "check": tried.what, "well": is_well, "ms": tried.ms, "found": said })
}
