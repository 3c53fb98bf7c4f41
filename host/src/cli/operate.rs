//! What operators do to a host that serves, from anywhere: each command is one or two calls of the admin API.

mod capsules;
mod check;
mod consent;
mod convos;
mod deploy;
mod diff;
mod erase;
mod gate;
mod list;
mod logs;
pub(super) mod remote;
mod report;
mod revision;
mod routes;
mod secrets;
mod table;
mod tokens;
mod upload;

use serde_json::{Value, json};

pub(super) use capsules::Args as CapsulesArgs;
pub(super) use check::Args as CheckArgs;
pub(super) use consent::Args as GrantsArgs;
pub(super) use deploy::Args as DeployArgs;
pub(super) use diff::Args as DiffArgs;
pub(super) use erase::Args as EraseArgs;
pub(super) use gate::Args as GateArgs;
pub(super) use list::{AuditArgs, BotsArgs, HistoryArgs, RevisionsArgs, TenantsArgs};
pub(super) use logs::Args as LogsArgs;
pub(super) use report::Args as ReportArgs;
pub(super) use routes::Args as RoutesArgs;
pub(super) use secrets::Args as SecretsArgs;
pub(super) use tokens::Args as TokensArgs;

use super::{Ended, give, say};
use crate::registry::Grant;
use crate::tenant::{BotName, Environment, TenantId};
use remote::{Method, Remote};
use table::field;

/// Whose bot, and which.
#[derive(Debug, clap::Args)]
pub(super) struct Of {
    /// Whose bot
    #[arg(long, env = "RETORT_TENANT")]
    tenant: TenantId,
    /// Which bot
    #[arg(long)]
    bot: BotName,
}

impl Of {
    pub(super) fn new(tenant: TenantId, bot: BotName) -> Self {
        Self { tenant, bot }
    }

    /// Its path in the admin API.
    fn path(&self) -> String {
        format!("tenants/{}/bots/{}", self.tenant, self.bot)
    }
}

/// Which environment of whose bot.
#[derive(Debug, clap::Args)]
pub(super) struct At {
    #[command(flatten)]
    of: Of,
    /// In which of its environments
    #[arg(long, default_value = "draft")]
    environment: Environment,
}

/// As the command line has it.
impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let At { of, environment } = self;
        let Of { tenant, bot } = of;
        write!(
            f,
            "--tenant {tenant} --bot {bot} --environment {environment}"
        )
    }
}

impl At {
    /// Its path in the admin API.
    fn path(&self) -> String {
        format!("{}/environments/{}", self.of.path(), self.environment)
    }

    fn deployment(&self) -> String {
        format!("{}/deployment", self.path())
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct WeightArgs {
    /// How many of a hundred new conversations the second revision gets; 100 leaves it alone, 0 takes it away
    weight: u8,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, clap::Args)]
pub(super) struct PromoteArgs {
    /// The environment that takes over what the other one serves
    #[arg(long, value_name = "ENVIRONMENT")]
    to: Environment,
    /// Grant the bot this there, of what it asks for; can be given several times. Takes the role admin
    #[arg(long, value_name = "GRANT")]
    grant: Vec<Grant>,
    #[command(flatten)]
    demand: gate::Demand,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, clap::Args)]
pub(super) struct RollbackArgs {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, clap::Args)]
pub(super) struct UndeployArgs {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    remote: Remote,
}

/// Which tenant of a host.
#[derive(Debug, clap::Args)]
pub(super) struct OfTenant {
    /// Whose
    #[arg(long, env = "RETORT_TENANT")]
    tenant: TenantId,
    #[command(flatten)]
    remote: Remote,
}

impl OfTenant {
    /// The path of something of its own in the admin API.
    fn path(&self, what: &str) -> String {
        format!("tenants/{}/{what}", self.tenant)
    }
}

/// What an operator says of what they do.
#[derive(Debug, clap::Args)]
pub(super) struct Said {
    /// Why; shown in the history and in the audit log
    #[arg(long, default_value = "")]
    note: String,
}

pub(super) async fn weigh(args: WeightArgs) -> Result<(), Ended> {
    let WeightArgs {
        weight,
        at,
        said,
        remote,
    } = args;
    let asked = json!({ "weight": weight, "note": said.note });
    let kept = remote
        .ask(Method::PUT, &format!("{}/weight", at.deployment()), asked)
        .await?;
    show(&remote, &at, &kept);
    Ok(())
}

pub(super) async fn promote(args: PromoteArgs) -> Result<(), Ended> {
    let PromoteArgs {
        to,
        grant,
        demand,
        at,
        said,
        remote,
    } = args;
    let wants = wants(&remote, &at).await?;
    let path = format!("{}/promote", at.deployment());
    let there = At {
        environment: to,
        ..at
    };
    let granted = consent::granted(&remote, &there).await?;
    let grant = consent::agreed(&there, &granted, &wants, &grant)?;
    let asked = json!({
        "to": there.environment,
        "grant": grant,
        "require": demand.require,
        "force": demand.force,
        "note": said.note,
    });
    let kept = remote.ask(Method::POST, &path, asked).await?;
    show(&remote, &there, &kept);
    warn(&kept);
    Ok(())
}

/// All that is asked for by what an environment serves.
async fn wants(remote: &Remote, at: &At) -> Result<Value, Ended> {
    let kept = remote
        .ask(Method::GET, &at.deployment(), Value::Null)
        .await?;
    let mut wants = Vec::new();
    for side in table::items(&kept, "sides") {
        let digest = table::text(field(side, "digest"));
        let revision = revision::find(remote, &at.of.path(), &digest).await?;
        wants.extend_from_slice(table::items(&revision, "wants"));
    }
    Ok(Value::Array(wants))
}

pub(super) async fn roll_back(args: RollbackArgs) -> Result<(), Ended> {
    let RollbackArgs { at, said, remote } = args;
    let asked = json!({ "note": said.note });
    let kept = remote
        .ask(
            Method::POST,
            &format!("{}/rollback", at.deployment()),
            asked,
        )
        .await?;
    show(&remote, &at, &kept);
    Ok(())
}

pub(super) async fn undeploy(args: UndeployArgs) -> Result<(), Ended> {
    let UndeployArgs { at, said, remote } = args;
    let asked = json!({ "note": said.note });
    let kept = remote.ask(Method::DELETE, &at.deployment(), asked).await?;
    show(&remote, &at, &kept);
    Ok(())
}

pub(super) use capsules::of_conversation;
pub(super) use capsules::run as capsules;
pub(super) use check::run as check;
pub(super) use consent::run as grants;
pub(super) use deploy::run as deploy;
pub(super) use diff::run as diff;
pub(super) use erase::run as erase;
pub(super) use gate::run as gate;
pub(super) use list::{audit, bots, history, revisions, tenants};
pub(super) use logs::run as logs;
pub(super) use report::run as report;
pub(super) use routes::run as routes;
pub(super) use secrets::run as secrets;
pub(super) use tokens::run as tokens;

/// What is worth a look, though it serves.
fn warn(kept: &Value) {
    for warning in table::items(kept, "warnings") {
        say(format_args!("warning: {}", table::text(warning)));
    }
}

/// What an environment serves now, in a line.
fn show(remote: &Remote, at: &At, kept: &Value) {
    if remote.json {
        return give(kept);
    }
    let At { of, environment } = at;
    let Of { tenant, bot } = of;
    let (number, sides) = (field(kept, "number"), table::sides(kept));
    give(format_args!(
        "{tenant}/{bot}/{environment} #{number} serves {sides}"
    ));
    let serves = !table::items(kept, "sides").is_empty();
    if serves && *environment == Environment::production() {
        let uuid = bot.uuid(tenant);
        say(format_args!(
            "clients of LivePerson's functions call it {uuid}"
        ));
    }
}
