//! Operators' commands to a host that speaks TLS: whom they trust, and what they say if they do not.

use std::path::Path;

use harness::certificates::Authority;

use super::{encrypted, show};
use crate::running::{Ended, Running, file, retort, run};
use crate::serve::{folder, serve, token};

/// An operator's command to the host.
fn asked(serving: &Running, folder: &Path, words: &str) -> Ended {
    let mut command = retort();
    command.args(words.split_whitespace());
    command
        .env(
            "RETORT_URL",
            format!("https://localhost:{}", serving.address.port()),
        )
        .env("RETORT_TOKEN", token(folder))
        .current_dir(folder);
    run(&mut command, "")
}

#[tokio::test]
async fn operators_ask_a_host_whose_ca_they_give_and_no_other() {
    let (folder, _) = encrypted("");
    let at = folder.path();
    file(at, "other.pem", Authority::new("another").pem());
    file(at, "none.pem", "nothing\n");
    let serving = Running::start(&mut serve(at));
    let words = "--tenant acme --ca ca.pem";
    let deployed = asked(
        &serving,
        at,
        &format!("deploy echo.wasm --bot parrot {words}"),
    );
    assert_eq!(deployed.code, 0, "{}", deployed.stderr);
    let bots = asked(&serving, at, &format!("bots {words}"));
    assert_eq!((bots.code, &*bots.stderr), (0, ""));
    assert!(bots.stdout.contains("parrot"), "{}", bots.stdout);
    let port = serving.address.port();
    for (words, code, told) in [
        (
            "tenants".to_owned(),
            1,
            "signed by nobody that is known here; give its CA with --ca FILE",
        ),
        (
            "tenants --ca other.pem".to_owned(),
            1,
            "the CA in \"other.pem\" has not signed",
        ),
        (
            "tenants --ca gone.pem".to_owned(),
            2,
            "the CA \"gone.pem\" cannot be read",
        ),
        (
            "tenants --ca none.pem".to_owned(),
            2,
            "the CA \"none.pem\" has no certificate in it",
        ),
        (
            format!("tenants --ca ca.pem --url https://127.0.0.1:{port}"),
            1,
            "is not trusted: certificate not valid for name \"127.0.0.1\"",
        ),
        (
            format!("tenants --url http://localhost:{port}"),
            1,
            "if it speaks TLS, its URL begins with https://",
        ),
    ] {
        let refused = asked(&serving, at, &words);
        assert_eq!(refused.code, code, "{words}: {}", refused.stderr);
        assert!(refused.stderr.contains(told), "{words}: {}", refused.stderr);
    }
    serving.stop();
}

#[tokio::test]
async fn a_cas_own_certificate_and_a_plain_host_are_told_from_others() {
    let (folder, authority) = encrypted("");
    show(folder.path(), &authority.own());
    let serving = Running::start(&mut serve(folder.path()));
    let refused = asked(&serving, folder.path(), "tenants --ca ca.pem");
    assert!(
        refused.stderr.contains("its certificate is that of a CA"),
        "{}",
        refused.stderr
    );
    serving.stop();
    file(folder.path(), "retort.toml", "");
    let plain = Running::start(&mut serve(folder.path()));
    let refused = asked(&plain, folder.path(), "tenants --ca ca.pem");
    assert!(
        refused.stderr.contains("its URL begins with http://"),
        "{}",
        refused.stderr
    );
    plain.stop();
}

#[tokio::test]
async fn a_token_that_others_can_read_on_the_way_is_warned_of_once() {
    let folder = folder("");
    let serving = Running::start(&mut serve(folder.path()));
    let port = serving.address.port();
    for (host, warnings) in [("0.0.0.0", 1), ("127.0.0.1", 0)] {
        // It is given first and deployed then: two calls.
        let words = format!("deploy echo.wasm --tenant acme --bot bot --url http://{host}:{port}");
        let deployed = asked(&serving, folder.path(), &words);
        assert_eq!(deployed.code, 0, "{}", deployed.stderr);
        let told = deployed
            .stderr
            .matches("warning: the token goes to")
            .count();
        assert_eq!(told, warnings, "{}", deployed.stderr);
    }
    serving.stop();
}
