//! What any bot has to bear, whatever it is for: that it is a bot and says who it is, any configuration, and whatever the platform
//! may send.

use super::tried::Tried;
use super::{NotTried, Plan};
use crate::kit::surface::{self, Surface};
use crate::kit::{Broken, Heard, Heeded, Used, Verdict, Wrong, judged, mistakes, probes};
use crate::registry::NotDeployable;
use crate::sandbox::Failure;

/// How often a bot is asked who it is.
const ASKED: usize = 3;

/// Tries a bot by all of it that is meant.
pub(super) async fn run(
    tried: &mut Tried,
    plan: &Plan<'_>,
    mut add: impl FnMut(usize, Verdict),
) -> Result<(), NotTried> {
    let mut number = 0;
    let mut tell = |verdict: Verdict| {
        add(number, verdict);
        number += 1;
    };
    if plan.is_meant(surface::EXPORTS) {
        tell(surface::exports(tried.kind()));
    }
    let imports = Surface::of(&tried.bot.component);
    if let Some(imports) = imports.filter(|_| plan.is_meant(surface::IMPORTS)) {
        tell(imports.judged(&tried.wants));
    }
    if plan.is_meant(surface::DESCRIBE) {
        tell(described(tried).await?);
    }
    if plan.is_meant(surface::CONFIG) {
        // It was taken, or nothing could be tried.
        tell(Verdict::new(surface::CONFIG));
    }
    for mistake in mistakes(&tried.bot.config) {
        if plan.is_meant(mistake.name) {
            let mut verdict = Verdict::new(mistake.name);
            for (which, config) in mistake.given {
                let heard = configured(tried, which.clone(), config).await?;
                verdict.wrong(heard.broken().map(|broken| Wrong {
                    what: broken.told_with(
                        &format!("{}, {which}", mistake.told),
                        "return what is wrong as a problem that names the key, or take it",
                    ),
                    expected: vec!["that it is taken, or refused with problems".to_owned()],
                    actual: None,
                }));
                verdict.hear(heard);
            }
            tell(verdict);
        }
    }
    for probe in probes(tried.kind(), plan.kinds) {
        if plan.is_meant(&probe.name) {
            let turns = tried.probe(&probe).await?;
            tell(judged(&probe, turns));
        }
    }
    Ok(())
}

/// Asks it who it is, again and again.
async fn described(tried: &mut Tried) -> Result<Verdict, NotTried> {
    let mut verdict = Verdict::new(surface::DESCRIBE);
    let first = tried.description().clone();
    let told = |name: &str, version: &str| format!("{name} {version}");
    verdict.notes.push(told(&first.name, &first.version));
    for _ in 1..ASKED {
        match tried.described_again().await {
            Ok(again) => {
                let (one, other) = (
                    told(&first.name, &first.version),
                    told(&again.name, &again.version),
                );
                verdict.wrong((one != other).then(|| {
                    Wrong::other(
                        "the bot says to be another one each time that it is asked: have `describe` return a name and a version that \
                         are written into it",
                        one,
                        other,
                    )
                }));
            }
            Err(error) => match surface::refused(&error) {
                Some(refused) => verdict.wrong(refused.wrong),
                None => return Err(error.into()),
            },
        }
    }
    Ok(verdict)
}

/// Gives it a configuration, and hears what it says to that.
async fn configured(
    tried: &mut Tried,
    which: String,
    config: std::collections::BTreeMap<String, String>,
) -> Result<Heard, NotTried> {
    let mut terms = tried.terms();
    terms.config = config;
    let answer = match tried.deploy(terms).await {
        Ok(_) => Heeded::Answer("it is taken".to_owned()),
        Err(error @ NotDeployable::ConfigRefused(_)) => Heeded::Answer(error.to_string()),
        Err(NotDeployable::Failed {
            asked: "check-config",
            failure,
        }) if !matches!(failure, Failure::Host(_)) => Heeded::Broken(Broken {
            code: failure.code(),
            what: failure.to_string(),
        }),
        Err(error) => return Err(error.into()),
    };
    Ok(Heard {
        said: which,
        answer,
        log: Vec::new(),
        used: Used::default(),
    })
}
