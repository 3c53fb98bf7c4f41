//! `retort test`: a bot, tried by its author's conversations.

mod shown;

use std::path::{Path, PathBuf};

use super::{BotArgs, Channel, Ended, give, local};
use crate::invocation::Settings;
use crate::kit::{Bundle, Level, Report, Suite, Unread};
use crate::liveperson::said::Kind;
use crate::trial::{self, NotTried, Plan, World};
use shown::Shown;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    bot: BotArgs,
    /// The folder of the conversations: NAME.convo.txt, and what they include and what words stand for in NAME.pconvo.txt and
    /// NAME.utterances.txt; `convos` beside the bot, or where the bot itself is, unless it is given
    #[arg(long, value_name = "DIR")]
    convos: Option<PathBuf>,
    /// What is tried: the author's conversations, what any bot has to bear, or both
    #[arg(long, value_enum, default_value = "conversations")]
    level: Levels,
    /// Try only this kind of conversation: what any bot has to bear is sent over both, and the author's conversations are held
    /// over messaging, unless this is given
    #[arg(long, value_enum)]
    channel: Option<Channel>,
    /// Run only the cases that have this in their names or their files' names
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write what became of each case, as JUnit's XML or as JSON
    #[arg(long, value_name = "FILE.xml|FILE.json", value_parser = report_file)]
    report: Option<ReportFile>,
}

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Levels {
    /// The conversations that its author wrote
    Conversations,
    /// Each kind of event, what may be missing, and texts that nobody means: a fault or a valid reply, never a trap
    Contract,
    /// Both
    All,
}

/// Where a report goes, and what it is.
#[derive(Clone, Debug)]
struct ReportFile {
    path: PathBuf,
    kind: ReportKind,
}

#[derive(Clone, Copy, Debug)]
enum ReportKind {
    Junit,
    Json,
}

fn report_file(text: &str) -> Result<ReportFile, String> {
    let path = PathBuf::from(text);
    let kind = match path.extension().and_then(|extension| extension.to_str()) {
        Some("xml") => ReportKind::Junit,
        Some("json") => ReportKind::Json,
        _ => return Err("name it FILE.xml for JUnit's XML, or FILE.json".to_owned()),
    };
    Ok(ReportFile { path, kind })
}

pub(super) async fn run(args: Args) -> Result<(), Ended> {
    let levels = args.level.levels();
    // What is wrong with a conversation is told before a bot is built.
    let suite = match levels.contains(&Level::Conversations) {
        false => Suite::default(),
        true => suite(&args)?,
    };
    let kinds = match args.channel {
        None => Kind::ALL.to_vec(),
        Some(channel) => vec![channel.into()],
    };
    let plan = Plan {
        name: &args.bot.bot.display().to_string(),
        suite: &suite,
        levels,
        filter: args.filter.as_deref().unwrap_or_default(),
        kinds: &kinds,
    };
    if plan.cases().next().is_none() && args.level == Levels::Conversations {
        let filter = plan.filter;
        return Err(Ended::Usage(format!(
            "no case has \"{filter}\" in its name"
        )));
    }
    let report = tried(&args, &plan).await?;
    if let Some(file) = &args.report {
        write(file, &report)?;
    }
    match report.failed {
        0 => Ok(()),
        failed => Err(Ended::Failed(format!(
            "{failed} of {} cases failed",
            report.cases.len()
        ))),
    }
}

async fn tried(args: &Args, plan: &Plan<'_>) -> Result<Report, Ended> {
    let given = &args.bot.given;
    if given.opens() {
        return Err(Ended::Usage(
            "`--open` is of no use here, where nothing goes out: declare what answers in `fakes.toml` beside the \
             conversations"
                .to_owned(),
        ));
    }
    let bot = trial::Bot {
        component: local::component(&args.bot, None)?,
        config: args.bot.config.iter().cloned().collect(),
        secrets: given.secrets()?,
    };
    let world = World::of(plan.suite);
    let mut settings = Settings::default();
    world.set_up(&mut settings);
    let host = local::host_with(settings)?;
    let shown = Shown::new();
    let case = |case: &_, played: &_| give(shown.case(case, played).trim_end());
    let report = trial::run(host.clone(), &world, bot, plan, case).await;
    local::tell_what_is_not_kept(&host);
    let report = report.map_err(|not_tried| match &not_tried {
        NotTried::NotDeployable(error) => local::not_deployed(error),
        NotTried::Secret { .. } | NotTried::Function => Ended::Usage(not_tried.to_string()),
    })?;
    give(shown.summary(&report).trim_end());
    Ok(report)
}

impl Levels {
    fn levels(self) -> &'static [Level] {
        match self {
            Self::Conversations => &[Level::Conversations],
            Self::Contract => &[Level::Contract],
            Self::All => &Level::ALL,
        }
    }
}

/// The cases to run.
fn suite(args: &Args) -> Result<Suite, Ended> {
    let bot = args.bot.bot.as_path();
    let folder = if bot.is_dir() {
        bot
    } else {
        bot.parent().unwrap_or(bot)
    };
    // The folder of a file in this one is none.
    let folder = if folder == Path::new("") {
        Path::new(".")
    } else {
        folder
    };
    let beside = folder.join("convos");
    let (folder, is_deep) = match &args.convos {
        Some(folder) => (folder.clone(), true),
        None if beside.is_dir() => (beside, true),
        None => (folder.to_owned(), false),
    };
    let bundle = Bundle::read(&folder, is_deep);
    let bundle = bundle.map_err(|error| Ended::Usage(error.to_string()))?;
    let suite = Suite::of(&bundle).map_err(|unread| wrong(&folder, &unread))?;
    if suite.cases.is_empty() {
        let shown = folder.display();
        return Err(Ended::Usage(format!(
            "there is no conversation in \"{shown}\": write one there as NAME.convo.txt, or name another folder by --convos"
        )));
    }
    Ok(suite)
}

/// Its places are those within the folder.
fn wrong(folder: &Path, unread: &Unread) -> Ended {
    Ended::Usage(folder.join(unread.to_string()).display().to_string())
}

fn write(file: &ReportFile, report: &Report) -> Result<(), Ended> {
    let text = match file.kind {
        ReportKind::Junit => report.junit().map_err(|error| error.to_string()),
        ReportKind::Json => report.json().map_err(|error| error.to_string()),
    };
    let written =
        text.and_then(|text| std::fs::write(&file.path, text).map_err(|error| error.to_string()));
    let path = file.path.display();
    written.map_err(|error| Ended::Host(format!("\"{path}\" cannot be written: {error}")))
}
