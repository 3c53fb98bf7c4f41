//! What has no place where a reply goes: left out and told, or refused.

use super::*;

/// A reply with metadata wherever it can be.
fn everywhere() -> types::Reply {
    let with_all = || {
        let mut text = raw_text("hi");
        text.metadata = Some("[{\"id\":1}]".to_owned());
        text.encoded_metadata = Some("eyJhIjoxfQ==".to_owned());
        text
    };
    types::Reply::Answer(Raw {
        parts: vec![
            types::Part::Text(with_all()),
            types::Part::PrivateText(with_all()),
        ],
        encoded_metadata: Some("eyJhIjoxfQ==".to_owned()),
        ..raw()
    })
}

fn left_out(contract: Contract, channel: &Channel) -> Vec<String> {
    let checked = Reply::check(everywhere(), channel, contract, &LIMITS).expect("it is taken");
    let Said::Answer(answer) = checked.reply.said() else {
        panic!("{checked:?}")
    };
    let keeps = |kept: &dyn Fn(&Text) -> bool| {
        answer.parts.iter().all(|part| match part {
            Part::Text(text) | Part::PrivateText(text) => kept(text),
            other => panic!("{other:?}"),
        })
    };
    let (is_told, encodes) = (
        contract == Contract::CustomEndpoint,
        *channel == Channel::Messaging,
    );
    assert!(keeps(&|text| text.metadata.is_some() == is_told));
    assert!(keeps(
        &|text| text.encoded_metadata.is_some() == (is_told && encodes)
    ));
    assert_eq!(answer.encoded_metadata.is_some(), encodes);
    checked.left_out.iter().map(ToString::to_string).collect()
}

#[test]
fn what_has_no_place_is_left_out_and_told_once_for_each_kind() {
    let (messaging, chat) = (Channel::Messaging, Channel::Chat);
    let of_texts = [
        "left out of the reply: part 0 has metadata, for which the Custom Integration contract has no place on a text",
        "left out of the reply: part 0 has encoded metadata, for which the Custom Integration contract has no place on a \
         text; the reply's own goes with all of its parts",
    ];
    let in_chat = "left out of the reply: part 0 has encoded metadata, which only messaging takes, and this is a live chat";
    assert_eq!(left_out(Contract::CustomEndpoint, &messaging), [""; 0]);
    assert_eq!(left_out(Contract::CustomIntegration, &messaging), of_texts);
    assert_eq!(left_out(Contract::CustomEndpoint, &chat), [in_chat]);
    let mut both = left_out(Contract::CustomIntegration, &chat);
    both.sort();
    assert_eq!(both, [in_chat, of_texts[0]]);
}

#[test]
fn a_strict_check_refuses_what_has_no_place() {
    let strict = ReplyLimits {
        strict: true,
        ..LIMITS
    };
    let refused = |contract, channel: &Channel| {
        let checked = Reply::check(everywhere(), channel, contract, &strict);
        checked.map_err(|error| told(&error))
    };
    assert!(refused(Contract::CustomEndpoint, &Channel::Messaging).is_ok());
    assert_eq!(
        refused(Contract::CustomIntegration, &Channel::Messaging),
        Err(
            "part 0 has metadata, for which the Custom Integration contract has no place on a text; `reply.strict` has \
             it refused"
                .to_owned()
        )
    );
    let in_chat = refused(Contract::CustomEndpoint, &Channel::Chat).expect_err("a live chat");
    assert!(in_chat.contains("only messaging takes"), "{in_chat}");
}
