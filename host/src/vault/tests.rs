//! What is kept of a secret, and who can read it.

use super::*;

fn tenant(name: &str) -> TenantId {
    name.parse().expect("a tenant")
}

fn name(name: &str) -> SecretName {
    name.parse().expect("a secret's name")
}

fn secret(value: &str) -> Secret {
    Secret::new(value.to_owned()).expect("a secret")
}

async fn put(vault: &Vault, tenant: &TenantId, name: &SecretName, value: &str) {
    let secret = secret(value);
    vault.set(tenant, name, &secret).await.expect("kept");
}

#[tokio::test]
async fn a_secret_is_read_with_its_key_and_the_store_does_not_have_its_words() {
    let (store, key) = (Store::in_memory(), Key::random());
    let vault = Vault::new(&store, Some(&key));
    vault.open().await.expect("it opens");
    let (acme, orders) = (tenant("acme"), name("orders"));
    put(&vault, &acme, &orders, "open sesame").await;
    let read = vault.get(&acme, &orders).await.expect("it can be read");
    assert_eq!(read.expect("it is set").expose(), "open sesame");
    assert!(
        vault
            .get(&tenant("other"), &orders)
            .await
            .expect("read")
            .is_none()
    );
    for record in store.records.list("", None, 10).await.expect("a list") {
        let text = String::from_utf8_lossy(&record.value).into_owned();
        assert!(!text.contains("sesame"), "{text}");
    }

    let other = Vault::new(&store, Some(&Key::random()));
    assert!(matches!(other.open().await, Err(NotOpened::OtherKey)));
    assert!(matches!(
        Vault::new(&store, None).open().await,
        Err(NotOpened::NoKey)
    ));
    vault.open().await.expect("it opens again");
}

#[tokio::test]
async fn what_is_moved_to_another_name_does_not_open_there() {
    let store = Store::in_memory();
    let vault = Vault::new(&store, Some(&Key::random()));
    let (acme, orders) = (tenant("acme"), name("orders"));
    put(&vault, &acme, &orders, "open sesame").await;
    let record = store.records.get(&key(&acme, &orders)).await.expect("read");
    let stolen = key(&tenant("thief"), &orders);
    let change = Change::put(stolen, Expected::Absent, record.expect("it is there").value);
    store
        .records
        .commit(vec![change], None)
        .await
        .expect("kept");
    let error = vault
        .get(&tenant("thief"), &orders)
        .await
        .expect_err("not theirs");
    assert!(error.to_string().contains("cannot be decrypted"), "{error}");
}

#[test]
fn a_key_is_made_once_and_is_nobody_elses() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    let made = Key::of_file(&path).expect("a key");
    assert_eq!(Key::of_file(&path).expect("the same").bytes(), made.bytes());
    // What somebody has left there is neither taken over nor written to.
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).expect("a link");
    assert!(matches!(Key::of_file(&link), Err(BadKey::File(_))));
    assert!(!folder.path().join("elsewhere").exists());
    let mode = std::fs::metadata(&path)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("changed");
    assert!(matches!(Key::of_file(&path), Err(BadKey::Open)));
    for text in ["", "0", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66)] {
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("changed");
        assert!(
            matches!(Key::of_file(&path), Err(BadKey::NoKey)),
            "{text:?}"
        );
    }
    let nowhere = folder.path().join("none/key");
    assert!(matches!(Key::of_file(&nowhere), Err(BadKey::File(_))));
}

#[test]
fn a_value_that_cannot_be_told_from_other_words_is_no_secret() {
    let long = "x".repeat(16_385);
    for (value, why) in [
        ("short", BadSecret::Length),
        ("        ", BadSecret::Length),
        (long.as_str(), BadSecret::Length),
        ("with a \0 in it", BadSecret::Characters),
        ("\u{1b}[2Jcleared", BadSecret::Characters),
    ] {
        assert_eq!(Secret::new(value.to_owned()), Err(why), "{value:?}");
    }
    assert_eq!(
        format!("{:?} {:?}", secret("open sesame"), Key::random()),
        "Secret Key"
    );
}

#[test]
fn a_secret_is_taken_out_in_every_form_that_a_program_gives_it_unawares() {
    let redactions = Redactions::default();
    assert_eq!(redactions.redact("open sesame"), "open sesame");
    redactions.add(&name("word"), &secret("open \"sesame\""));
    redactions.add(
        &name("pem"),
        &secret("-----BEGIN-----\nMIIBVgIBADANBgkq\nshort\n"),
    );
    redactions.add(&name("part"), &secret("MIIBVgIB"));
    for (said, told) in [
        ("it is open \"sesame\"!", "it is [secret word]!"),
        ("Some(\"open \\\"sesame\\\"\")", "Some(\"[secret word]\")"),
        ("b3BlbiAic2VzYW1lIg==", "[secret word]g=="),
        (
            "Basic dXNlcjpvcGVuICJzZXNhbWUi",
            "Basic dXNlcjp[secret word]",
        ),
        ("?key=open%20%22sesame%22", "?key=[secret word]"),
        ("?key=open+%22sesame%22", "?key=[secret word]"),
        ("6f70656e2022736573616d6522", "[secret word]"),
        ("<b>open &quot;sesame&quot;</b>", "<b>[secret word]</b>"),
        ("key MIIBVgIBADANBgkq", "key [secret pem]"),
        ("MIIBVgIB", "[secret part]"),
        ("short", "short"),
    ] {
        assert_eq!(redactions.redact(said), told);
    }
}

#[test]
fn quotes_and_slashes_are_found_as_each_writer_has_them() {
    let value = "it's \"quoted\" pass/word";
    let redactions = Redactions::default();
    redactions.add(&name("word"), &secret(value));
    let json = serde_json::Value::from(value).to_string();
    for said in [format!("{value:?}"), json.clone(), json.replace('/', "\\/")] {
        assert_eq!(redactions.redact(&said), "\"[secret word]\"", "{said}");
    }
}
