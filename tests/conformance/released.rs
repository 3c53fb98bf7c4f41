//! Components that were built for a released contract, and deployed: they go through the gate and answer as they did then.

use std::fs;

use harness::golden::{self, DIGESTS};

#[tokio::test]
async fn what_was_built_for_a_released_contract_answers_as_it_did() {
    let bots = golden::all();
    assert!(!bots.is_empty());
    for bot in bots {
        let (sent, answered): (Vec<_>, Vec<_>) = bot.turns().into_iter().unzip();
        assert!(!sent.is_empty(), "{}", bot.name);
        let answers = bot.answers(&sent).await;
        for (sent, (answer, before)) in sent.iter().zip(answers.iter().zip(&answered)) {
            assert_eq!(answer, before, "{}: {sent}", bot.folder.display());
        }
    }
}

#[test]
fn what_is_released_is_never_edited() {
    for contract in golden::contracts() {
        let released = fs::read_to_string(contract.join(DIGESTS)).expect("digests");
        let is_now = golden::digests(&contract);
        let changed = |a: &str, b: &str| -> Vec<String> {
            let lines = a.lines().filter(|line| !b.contains(line));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(
            (changed(&is_now, &released), changed(&released, &is_now)),
            (vec![], vec![]),
            "{}: bring back what was released; what is new there belongs to another version",
            contract.display()
        );
    }
}
