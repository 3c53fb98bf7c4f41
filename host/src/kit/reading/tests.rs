use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Convo {
    convo("a.convo.txt", text.as_bytes()).expect("a conversation")
}

fn wrong(text: &str) -> String {
    convo("a.convo.txt", text.as_bytes())
        .expect_err("an error")
        .to_string()
}

#[test]
fn a_conversation_has_a_name_a_description_and_its_steps() {
    let text = "hours\r\nwhat it is about\r\n\r\n#me\r\nWhen?\r\n\r\n#bot\r\n?!From 9\r\n\r\nto 17\r\n?!BUTTONS a | b\\|c\r\n";
    let convo = read(text);
    assert_eq!(
        (convo.name.as_str(), convo.description.as_deref()),
        ("hours", Some("what it is about"))
    );
    let [me, bot] = convo.steps.as_slice() else {
        panic!("{convo:?}");
    };
    assert_eq!(
        (me.sender, me.text.as_str(), me.place.line),
        (Sender::Me, "When?", 4)
    );
    assert_eq!(
        (bot.text.as_str(), bot.is_not, bot.is_optional),
        ("From 9\n\nto 17", true, true)
    );
    assert_eq!(
        bot.asserters
            .first()
            .map(|one| (one.name, one.is_not, one.args.clone())),
        Some(("BUTTONS", true, vec!["a".to_owned(), "b|c".to_owned()]))
    );
}

#[test]
fn two_signs_are_the_sign_itself_and_a_file_names_what_has_no_name() {
    let convo = read("#me\n!!so\n#bot\n??\n");
    assert_eq!(convo.name, "a.convo.txt");
    let texts: Vec<_> = convo.steps.iter().map(|step| step.text.as_str()).collect();
    assert_eq!(texts, ["!so", "?"]);
    assert!(
        convo
            .steps
            .iter()
            .all(|step| !step.is_not && !step.is_optional)
    );
}

#[test]
fn a_bot_may_say_anything_and_other_conversations_be_included() {
    let convo = read("x\n#include LOGIN\nMORE\n#me\nINCLUDE HELLO\n#bot\n\n#end\nBOT_CONSUMED\n");
    let included: Vec<_> = convo
        .steps
        .iter()
        .flat_map(|step| step.includes.clone())
        .collect();
    assert_eq!(included, ["LOGIN", "MORE", "HELLO"]);
    assert!(convo.steps.iter().all(|step| step.text.is_empty()));
}

#[test]
fn what_is_not_supported_says_so_where_it_stands() {
    for (text, at, told) in [
        (
            "x\n#bot\nJSON_PATH $.a",
            3,
            "`JSON_PATH` is not supported; there are BUTTONS,",
        ),
        (
            "x\n#bot\nTEXT_CONTAIN a",
            3,
            "`TEXT_CONTAIN` is not supported",
        ),
        ("x\n#me\nFORM a|b", 3, "there is BUTTON"),
        (
            "x\n#me\nhi\nUPDATE_CUSTOM a|b",
            4,
            "there are INCLUDE, PAUSE",
        ),
        ("x\n#me\nat $now", 2, "the function `$now`"),
        ("x\n#bot\n{\"a\": 1}", 2, "JSON is not supported"),
        ("x\n#Bot\nhi", 2, "write `#bot` in lower case"),
        (
            "x\n#me\nhi\n#bto\nhi",
            4,
            "`#bto` is no section: write `#bot`",
        ),
        ("x\n#me\nhi\n #bot\nhi", 4, "`#bot` is no section"),
        ("x\n#me\nhi\n# bot\nhi", 4, "`# bot` is no section"),
        ("x\n##me\nhi", 2, "write `#me`"),
        ("x\n#me\nhi\n#bot:\nhi", 4, "write `#bot`"),
        ("x\n#me\nhi\n#bots\nhi", 4, "write `#bot`, or another text"),
        ("x\n#bot web\nhi", 2, "channels are not supported"),
        ("x\n#me\n#bot\nhi", 2, "`#me` says nothing"),
        ("x\n#bot\nINTENT", 3, "takes one name"),
        ("x\n#bot\nBUTTONS_COUNT many", 3, "takes a number"),
        ("x\n#bot\nTEXT_REGEXP_ANY (", 3, "no regular expression"),
        ("x\n#bot\nACTION jump", 3, "takes one of transfer, close"),
        ("x\n#bot\n?hi\nBUTTONS a", 2, "either all lines"),
        ("x\n#begin\nhi", 3, "nothing is said here"),
        ("x\n#end\nBUTTONS a", 3, "stands in `#bot`"),
    ] {
        let error = wrong(text);
        assert!(
            error.starts_with(&format!("a.convo.txt:{at}: ")) && error.contains(told),
            "{text}: {error}"
        );
    }
    for text in [b"x\n#me\n\xff".as_slice(), b"x\r\n#me\r\xff"] {
        let error = convo("a", text).expect_err("no text").to_string();
        assert_eq!(error, "a:3: this is not UTF-8 text");
    }
}

#[test]
fn what_is_too_large_is_refused() {
    assert!(wrong(&"x".repeat(MOST_BYTES + 1)).contains("bytes"));
    assert!(wrong(&"#bot\n".repeat(MOST_STEPS + 1)).contains("more than 1000 steps"));
    let expressions =
        |count: usize| format!("x\n#bot\nTEXT_REGEXP_ANY {}", "a|".repeat(count - 1) + "a");
    assert!(wrong(&expressions(101)).contains("more than 100 regular expressions"));
    assert!(convo("a", expressions(100).as_bytes()).is_ok());
}

#[test]
fn phrases_stand_below_their_name() {
    let read = utterances("a", b"UTT_HI\nhello\n\n hi there \n").expect("phrases");
    assert_eq!(
        (read.name.as_str(), read.phrases),
        ("UTT_HI", vec!["hello".to_owned(), " hi there ".to_owned()])
    );
    assert!(utterances("a", b"UTT_HI\n").is_err() && utterances("a", b"two words\nx").is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = (convo("a", &bytes), utterances("a", &bytes));
    }

    #[test]
    fn any_script_is_read_or_refused_and_keeps_its_lines(
        lines in proptest::collection::vec(
            "(#(me|bot|begin|end|include|Me)( [a-z]{0,2})?|[?!]{0,3}(BUTTONS|TEXT_REGEXP_ANY|INTENT|DELAY|INCLUDE|PAUSE|UTT)?[ |\\\\*$a-z(<>{]{0,12}|.{0,8})",
            0..40,
        )
    ) {
        let text = lines.join("\n");
        match convo("a", text.as_bytes()) {
            Ok(convo) => prop_assert!(convo.steps.len() <= text.split(['\n', '\r']).count()),
            Err(error) => prop_assert!(error.place.line <= text.split(['\n', '\r']).count()),
        }
    }
}
