//! Nothing goes from one turn, conversation or tenant to the next but what is kept in `state`. A turn has an instance of its own,
//! so what is found here is what a bot does by its state, by the ids that it is handed, and by what is written into it.

use std::collections::BTreeMap;

use super::tried::{Place, Terms, Tried, conversation};
use super::{NotTried, Plan};
use crate::kit::apart::{Difference, Likeness, comes_up};
use crate::kit::{Heard, MARKER, Talk, Verdict, Wrong};
use crate::liveperson::said::Kind;
use crate::registry::{Grant, NotDeployable};
use crate::sandbox::World;
use crate::state::Scope;
use crate::tenant::{Address, SecretName};

const TWICE: &str = "the same twice";
const AT_ONCE: &str = "two conversations at once";
const LEFT_OFF: &str = "a conversation that was left off";
const MARKED: &str = "a word that one person said";
const TENANTS: &str = "two tenants";
const SECRETS: &str = "a secret that nobody should hear";

/// What is kept for all conversations is of none.
const NOBODYS: &str = "nobody's";

/// What another tenant has for a secret.
const OTHERS: &str = "wk4juniper82";

/// The cases, by name, that are for this bot.
fn names(tried: &Tried) -> Vec<&'static str> {
    let is_bot = tried.kind() == World::Bot;
    let mut names = Vec::new();
    // What is kept for all conversations may well be heard in the next one.
    names.extend((!tried.keeps_for_all).then_some(TWICE));
    names.extend(is_bot.then_some([AT_ONCE, LEFT_OFF]).into_iter().flatten());
    names.extend([MARKED, TENANTS]);
    names.extend(secrets(tried).next().map(|_| SECRETS));
    names
}

/// Tries a bot by all of them that are meant.
pub(super) async fn run(
    tried: &mut Tried,
    plan: &Plan<'_>,
    mut add: impl FnMut(usize, Verdict),
) -> Result<(), NotTried> {
    let talks = crate::kit::talks(plan.suite, tried.kind());
    let kind = plan.kind();
    let meant = names(tried).into_iter().enumerate();
    for (number, name) in meant.filter(|(_, name)| plan.is_meant(name)) {
        let mut trial = Trial {
            tried: &mut *tried,
            kind,
            verdict: Verdict::new(name),
        };
        match name {
            TWICE => trial.twice(&talks).await?,
            AT_ONCE => trial.at_once(&talks).await?,
            LEFT_OFF => trial.left_off(&talks).await?,
            MARKED => trial.marked(&talks).await?,
            TENANTS => trial.tenants(&talks).await?,
            _ => trial.secrets(&talks).await?,
        }
        add(number, trial.verdict);
    }
    Ok(())
}

/// The secrets that a bot reads, or has sent for it.
fn secrets(tried: &Tried) -> impl Iterator<Item = &SecretName> {
    tried.wants.iter().filter_map(Grant::secret)
}

/// One case.
struct Trial<'a> {
    tried: &'a mut Tried,
    kind: Kind,
    verdict: Verdict,
}

impl Trial<'_> {
    /// Where nothing has been said yet.
    async fn fresh(&mut self) -> Result<Address, NotTried> {
        let at = self.tried.deploy(self.tried.terms()).await?;
        self.tried.remember(&at, NOBODYS, Scope::Bot).await?;
        Ok(at)
    }

    /// Holds a conversation, which the report has if it is what the case is about.
    async fn hold(
        &mut self,
        at: &Address,
        named: &str,
        talk: &Talk,
    ) -> Result<Vec<Heard>, NotTried> {
        let id = conversation(named);
        let heard = self.tried.hold(&self.place(at, &id), talk).await?;
        self.verdict.heard.extend(heard.iter().cloned());
        Ok(heard)
    }

    fn place<'a>(&self, at: &'a Address, conversation: &'a str) -> Place<'a> {
        Place {
            at,
            conversation,
            kind: self.kind,
        }
    }

    /// What differs is told once, with the remedy.
    fn compared(
        &mut self,
        likeness: Likeness<'_>,
        runs: [&[Heard]; 2],
        told: impl FnOnce(&Difference) -> String,
    ) {
        let likeness = Likeness {
            but_numbers: self.tried.keeps_for_all,
            ..likeness
        };
        let [one, other] = runs;
        let difference = likeness.difference(one, other);
        self.verdict.wrong(difference.map(|difference| {
            let what = told(&difference);
            difference.wrong(what)
        }));
    }

    async fn twice(&mut self, talks: &[Talk]) -> Result<(), NotTried> {
        for talk in talks {
            let at = self.fresh().await?;
            let (one, other) = (
                format!("{}\none", talk.name),
                format!("{}\nother", talk.name),
            );
            let first = self.hold(&at, &one, talk).await?;
            let second = self.hold(&at, &other, talk).await?;
            let (one, other) = (conversation(&one), conversation(&other));
            let likeness = Likeness {
                ids: [&one, &other],
                by_fuel: true,
                ..Likeness::default()
            };
            self.compared(likeness, [&first, &second], |difference| {
                let on = &difference.said;
                match difference.is_of_fuel {
                    false => format!(
                        "the bot answers \"{on}\" otherwise in a second conversation with the same words: let nothing decide an \
                         answer but what is said and what is kept in `state`, and not the conversation's id"
                    ),
                    true => format!(
                        "\"{on}\" costs other fuel in a second conversation with the same words: do no work that depends on the \
                         conversation's id, such as searching by it"
                    ),
                }
            });
        }
        Ok(())
    }

    async fn at_once(&mut self, talks: &[Talk]) -> Result<(), NotTried> {
        let (Some(one), Some(other)) = (talks.first(), talks.get(1).or(talks.first())) else {
            return Ok(());
        };
        // Who comes first may make the difference.
        for pair in [[one, other], [other, one]] {
            self.pair_at_once(pair).await?;
        }
        Ok(())
    }

    async fn pair_at_once(&mut self, pair: [&Talk; 2]) -> Result<(), NotTried> {
        let ids = ["one", "other"].map(|which| conversation(&format!("at once\n{which}")));
        let mut alone = Vec::new();
        for (id, talk) in ids.iter().zip(pair) {
            let at = self.fresh().await?;
            alone.push(self.tried.hold(&self.place(&at, id), talk).await?);
        }
        let at = self.fresh().await?;
        for id in &ids {
            self.tried.remember(&at, id, Scope::Conversation).await?;
        }
        let mut together = [Vec::new(), Vec::new()];
        let turns = pair.map(|talk| talk.asks.len());
        for number in 0..turns.into_iter().max().unwrap_or_default() {
            for ((id, talk), heard) in ids.iter().zip(pair).zip(&mut together) {
                if let (Some(ask), Ok(turn)) = (talk.asks.get(number), u64::try_from(number)) {
                    self.tried.world.made_up.go_to(turn);
                    heard.push(self.tried.ask(&self.place(&at, id), turn, ask).await);
                }
            }
        }
        for (alone, together) in alone.iter().zip(&together) {
            self.verdict.heard.extend(together.iter().cloned());
            self.compared(Likeness::default(), [alone, together], |difference| {
                format!(
                    "the bot answers \"{}\" otherwise while another person talks with it: keep where a conversation is in the \
                     scope `conversation`",
                    difference.said
                )
            });
        }
        Ok(())
    }

    async fn left_off(&mut self, talks: &[Talk]) -> Result<(), NotTried> {
        for talk in talks {
            let at = self.fresh().await?;
            let alone = conversation(&format!("{}\nanew", talk.name));
            let alone = self.tried.hold(&self.place(&at, &alone), talk).await?;
            let at = self.fresh().await?;
            self.hold(&at, &format!("{}\nleft off", talk.name), &talk.half())
                .await?;
            let after = self
                .hold(&at, &format!("{}\nanew", talk.name), talk)
                .await?;
            self.compared(Likeness::default(), [&alone, &after], |difference| {
                format!(
                    "the bot answers \"{}\" otherwise after another person left off in the middle: what it kept of that \
                     conversation is seen in this one, so keep it in the scope `conversation`",
                    difference.said
                )
            });
        }
        Ok(())
    }

    async fn marked(&mut self, talks: &[Talk]) -> Result<(), NotTried> {
        for talk in talks {
            let at = self.fresh().await?;
            self.say_marker(&at, talk).await?;
            let mut heard = self
                .hold(&at, &format!("{}\nlistens", talk.name), talk)
                .await?;
            // What was kept may be written over by what is said before it is told.
            for (number, listens) in talk.each().into_iter().enumerate() {
                let named = |who: &str| format!("{}\n{who} {number}", talk.name);
                self.hold(&at, &named("marks"), &listens.with_marker_between())
                    .await?;
                heard.extend(self.hold(&at, &named("hears"), &listens).await?);
            }
            self.verdict.wrong(comes_up(MARKER, &heard).map(|turn| {
                Wrong::new(format!(
                    "what one person said, the word \"{MARKER}\", comes up in another person's conversation, on \"{}\": keep what a \
                     person says in the scope `conversation`; it says {}",
                    turn.said,
                    turn.answer.words()
                ))
            }));
        }
        Ok(())
    }

    /// Somebody says the word, in more than one way.
    async fn say_marker(&mut self, at: &Address, talk: &Talk) -> Result<(), NotTried> {
        for (how, talk) in [talk.with_marker(), talk.with_marker_between()]
            .iter()
            .enumerate()
        {
            self.hold(at, &format!("{}\nsays {how}", talk.name), talk)
                .await?;
        }
        Ok(())
    }

    async fn tenants(&mut self, talks: &[Talk]) -> Result<(), NotTried> {
        let first = self.fresh().await?;
        let Some(second) = self.others().await? else {
            return Ok(());
        };
        // A short one may come up by chance.
        let given = self.tried.bot.secrets.clone();
        let telling = given.iter().filter(|(_, value)| value.len() >= 8);
        let telling: Vec<_> = telling.collect();
        for talk in talks {
            self.say_marker(&first, talk).await?;
            let heard = self
                .hold(&second, &format!("{}\nother", talk.name), talk)
                .await?;
            self.verdict.wrong(comes_up(MARKER, &heard).map(|turn| {
                Wrong::new(format!(
                    "what was said to one tenant's bot comes up in another tenant's, on \"{}\": keep it in `state`, and nowhere \
                     outside",
                    turn.said
                ))
            }));
            for (name, value) in &telling {
                self.verdict.wrong(comes_up(value, &heard).map(|turn| {
                    Wrong::new(format!(
                        "the secret \"{name}\" of one tenant comes up in another tenant's conversation, on \"{}\": it is written \
                         into the component, so take it out and read it by `secrets.get`",
                        turn.said
                    ))
                }));
            }
        }
        Ok(())
    }

    async fn secrets(&mut self, talks: &[Talk]) -> Result<(), NotTried> {
        let Some(at) = self.others().await? else {
            return Ok(());
        };
        for talk in talks {
            let heard = self.hold(&at, &talk.name, talk).await?;
            self.verdict.wrong(comes_up(OTHERS, &heard).map(|turn| {
                Wrong::new(format!(
                    "the bot says a secret to the person, on \"{}\": send it where it is needed, and say nothing of it; it says {}",
                    turn.said,
                    turn.answer.words()
                ))
            }));
        }
        Ok(())
    }

    /// The same bot of another tenant, whose secrets are others; none if it does not take them.
    async fn others(&mut self) -> Result<Option<Address>, NotTried> {
        let other = |name: &SecretName| (name.clone(), format!("{OTHERS}-{name}"));
        let secrets: BTreeMap<_, _> = secrets(self.tried).map(other).collect();
        let terms = Terms {
            tenant: "other".to_owned(),
            ..self.tried.terms()
        };
        self.tried.give_secrets(&terms.tenant, &secrets).await?;
        match self.tried.deploy(terms).await {
            Ok(at) => {
                self.tried.remember(&at, NOBODYS, Scope::Bot).await?;
                Ok(Some(at))
            }
            Err(NotDeployable::ConfigRefused(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
