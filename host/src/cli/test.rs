//! `retort test`: a bot, tried by its author's conversations.

mod shown;
mod talk;

use std::path::{Path, PathBuf};

use super::{BotArgs, Ended, give};
use crate::kit::{CONTRACT, CONVERSATIONS, Report, Suite, Unread, judged, probes};
use shown::Shown;
use talk::Tried;

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
    level: Level,
    /// Run only the cases that have this in their names or their files' names
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write what became of each case, as JUnit's XML or as JSON
    #[arg(long, value_name = "FILE.xml|FILE.json", value_parser = report_file)]
    report: Option<ReportFile>,
}

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Level {
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
    // What is wrong with a conversation is told before a bot is built.
    let suite = match args.level {
        Level::Contract => Suite::default(),
        Level::Conversations | Level::All => suite(&args)?,
    };
    let mut tried = Tried::start(&args.bot, &suite.fakes).await?;
    let mut report = Report::new(args.bot.bot.display().to_string(), suite.skipped);
    let shown = Shown::new();
    if args.level != Level::Conversations {
        for (number, probe) in probes().iter().enumerate() {
            if args.is_meant(&probe.name) {
                let (case, played) = judged(number, probe, tried.probe(probe).await?);
                give(shown.case(&case, &played).trim_end());
                report.add(CONTRACT, &case, &played);
            }
        }
    }
    for case in &suite.cases {
        let played = tried.case(case, &suite).await?;
        give(shown.case(case, &played).trim_end());
        report.add(CONVERSATIONS, case, &played);
    }
    give(shown.summary(&report).trim_end());
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

impl Args {
    fn is_meant(&self, text: &str) -> bool {
        let filter = self.filter.as_deref().unwrap_or_default().to_lowercase();
        text.to_lowercase().contains(&filter)
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
    let read = Suite::read(&folder, is_deep);
    let mut suite = read.map_err(|unread| wrong(&folder, &unread))?;
    let shown = folder.display();
    if suite.cases.is_empty() {
        return Err(Ended::Usage(format!(
            "there is no conversation in \"{shown}\": write one there as NAME.convo.txt, or name another folder by --convos"
        )));
    }
    if let Some(filter) = &args.filter {
        let is_meant = |text: &str| args.is_meant(text);
        suite
            .cases
            .retain(|case| is_meant(&case.name) || is_meant(&case.place.file));
        if suite.cases.is_empty() && args.level == Level::Conversations {
            return Err(Ended::Usage(format!(
                "no case in \"{shown}\" has \"{filter}\" in its name"
            )));
        }
    }
    Ok(suite)
}

fn wrong(folder: &Path, unread: &Unread) -> Ended {
    match unread {
        // Its places are those within the folder.
        Unread::Script(script) => {
            Ended::Usage(format!("{}", folder.join(script.to_string()).display()))
        }
        Unread::File { .. } => Ended::Usage(unread.to_string()),
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
