//! `retort test`: a bot, tried by its author's conversations.

pub(super) mod shown;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{BotArgs, Channel, Ended, give, local, say};
use crate::invocation::Settings;
use crate::kit::{Baseline, Bundle, Level, Report, Suite, Unread};
use crate::liveperson::said::Kind;
use crate::sandbox::Limits;
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
    /// What is tried, several with commas between them; the author's conversations unless it is given, and their cost where
    /// `baseline.toml` is beside them
    #[arg(long = "level", value_enum, value_delimiter = ',')]
    levels: Vec<Levels>,
    /// Fail if one in a hundred turns of the conversations takes longer than this, in milliseconds, as far as this machine can
    /// tell
    #[arg(long, value_name = "MS")]
    wall: Option<u64>,
    /// Write what each conversation costs to `baseline.toml` beside the conversations, in the place of what stood there
    #[arg(long)]
    keep_baseline: bool,
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
    /// Each kind of event, what may be missing, and texts that nobody means: a fault or a valid reply, never a trap
    Contract,
    /// What the conversations cost: the same fuel twice, and no more than `baseline.toml` says
    Budget,
    /// The conversations that its author wrote
    Conversations,
    /// Nothing goes from one conversation or tenant to the next but what is kept for all of them
    Isolation,
    /// Full state, missing secrets, and servers that fail: a fault or a valid reply, never a trap
    HostileHost,
    /// All of these
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
    if let Some(file) = &args.report {
        // One of an earlier run would tell of another bot.
        let _ = std::fs::remove_file(&file.path);
    }
    if !args.bot.bot.exists() {
        let shown = args.bot.bot.display();
        return Err(Ended::Usage(format!("there is no \"{shown}\"")));
    }
    // What is wrong with a conversation is told before a bot is built.
    let folder = Folder::of(&args);
    let suite = match args.needs_conversations() {
        true => folder.conversations()?,
        false if folder.is_meant || args.levels != [Levels::Contract] => folder.suite()?,
        false => Suite::default(),
    };
    let kinds = match args.channel {
        None => Kind::ALL.to_vec(),
        Some(channel) => vec![channel.into()],
    };
    let plan = Plan {
        name: &args.bot.bot.display().to_string(),
        suite: &suite,
        levels: &args.levels(&suite)?,
        filter: args.filter.as_deref().unwrap_or_default(),
        kinds: &kinds,
        wall: args.wall.map(Duration::from_millis),
    };
    if args.needs_conversations()
        && plan.levels.iter().all(|level| level.is_of_conversations())
        && plan.cases().next().is_none()
    {
        return Err(nothing(plan.filter));
    }
    if args.levels.contains(&Levels::Budget) && suite.cases.is_empty() {
        say("there is no conversation, so `budget` has nothing to try");
    }
    let report = tried(&args, &plan).await?;
    if let Some(file) = &args.report {
        write(file, &report)?;
    }
    if args.keep_baseline {
        folder.keep_baseline(suite.baseline.clone().with(&report))?;
    }
    match report.failed {
        0 => Ok(()),
        failed => Err(Ended::Failed(format!(
            "{failed} of {} cases failed",
            report.cases.len()
        ))),
    }
}

/// That there is no case, which is no success.
fn nothing(filter: &str) -> Ended {
    Ended::Usage(match filter {
        "" => "nothing could be tried: these levels have no case for this bot".to_owned(),
        filter => format!("no case has \"{filter}\" in its name"),
    })
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
        limits: Limits::default(),
        secrets: given.secrets()?,
    };
    let world = World::of(plan.suite);
    let mut settings = Settings::default();
    world.set_up(&mut settings);
    let host = local::host_with(settings)?;
    let mut shown = Shown::new(plan.levels.len());
    let case = |level, case: &_, played: &_| give(shown.case(level, case, played).trim_end());
    let report = trial::run(host.clone(), &world, bot, plan, case).await;
    local::tell_what_is_not_kept(&host);
    let report = report.map_err(|not_tried| match &not_tried {
        NotTried::NotDeployable(error) => local::not_deployed(error),
        NotTried::Host(error) => Ended::Host(error.clone()),
        NotTried::Secret { .. } | NotTried::NotRemembered(_) | NotTried::Function => {
            Ended::Usage(not_tried.to_string())
        }
    })?;
    if report.cases.is_empty() {
        return Err(nothing(plan.filter));
    }
    give(shown.summary(&report).trim_end());
    Ok(report)
}

impl Args {
    /// Whether there is nothing to do without conversations. Where all is meant they may be missing: a function has none.
    fn needs_conversations(&self) -> bool {
        let needs = |levels: &Levels| matches!(levels, Levels::Budget | Levels::Conversations);
        self.levels.iter().all(needs)
    }

    fn levels(&self, suite: &Suite) -> Result<Vec<Level>, Ended> {
        let all = Level::ALL.into_iter();
        let is_given = |level: &Level| match (level, self.levels.as_slice()) {
            (Level::Conversations, []) => true,
            (Level::Budget, []) => {
                !suite.baseline.is_empty() || self.keep_baseline || self.wall.is_some()
            }
            (_, given) => given.iter().any(|given| given.is(*level)),
        };
        let levels: Vec<_> = all.filter(is_given).collect();
        if (self.keep_baseline || self.wall.is_some()) && !levels.contains(&Level::Budget) {
            return Err(Ended::Usage(
                "`--keep-baseline` and `--wall` are about what conversations cost: add `budget` to `--level`".to_owned(),
            ));
        }
        Ok(levels)
    }
}

impl Levels {
    fn is(self, level: Level) -> bool {
        match self {
            Self::Contract => level == Level::Contract,
            Self::Budget => level == Level::Budget,
            Self::Conversations => level == Level::Conversations,
            Self::Isolation => level == Level::Isolation,
            Self::HostileHost => level == Level::HostileHost,
            Self::All => true,
        }
    }
}

/// Where conversations are looked for.
struct Folder {
    path: PathBuf,
    /// It is for conversations, so those in folders of it are meant too; else it is only where the bot is.
    is_meant: bool,
}

impl Folder {
    fn of(args: &Args) -> Self {
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
        let path = match &args.convos {
            Some(folder) => folder.clone(),
            None if beside.is_dir() => beside,
            None => folder.to_owned(),
        };
        let is_meant = path != folder || args.convos.is_some();
        Self { path, is_meant }
    }

    fn suite(&self) -> Result<Suite, Ended> {
        let bundle = Bundle::read(&self.path, self.is_meant);
        let bundle = bundle.map_err(|error| Ended::Usage(error.to_string()))?;
        // Its places are those within the folder.
        let wrong = |unread: Unread| self.path.join(unread.to_string()).display().to_string();
        Suite::of(&bundle).map_err(|unread| Ended::Usage(wrong(unread)))
    }

    /// One that has some.
    fn conversations(&self) -> Result<Suite, Ended> {
        let suite = self.suite()?;
        if suite.cases.is_empty() {
            return Err(Ended::Usage(format!(
                "there is no conversation in \"{}\": write one there as NAME.convo.txt, or name another folder by --convos; a function, \
                 and a bot without any, is tried by `--level all`",
                self.path.display()
            )));
        }
        Ok(suite)
    }

    fn keep_baseline(&self, baseline: Baseline) -> Result<(), Ended> {
        let path = self.path.join(Baseline::FILE);
        let text = baseline.text().map_err(|error| error.to_string());
        let written =
            text.and_then(|text| std::fs::write(&path, text).map_err(|error| error.to_string()));
        let shown = path.display();
        written.map_err(|error| Ended::Host(format!("\"{shown}\" cannot be written: {error}")))
    }
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
