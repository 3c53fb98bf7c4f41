use super::*;

fn load(file: &str, environment: &[(&str, &str)], flags: &Flags) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("retort.toml");
    std::fs::write(&path, file).expect("the file is written");
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(Some(&path), environment, flags).map_err(|error| error.to_string())
}

fn error(file: &str, environment: &[(&str, &str)]) -> String {
    load(file, environment, &Flags::default()).expect_err("it is refused")
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let file = "listen = \"127.0.0.1:1\"\n[limits]\nfuel = 1\nhost_calls = 1\n";
    let environment = [
        ("RETORT_LISTEN", "127.0.0.1:2"),
        ("RETORT_LIMITS__FUEL", "2"),
        ("PATH", "/bin"),
    ];
    let flags = Flags {
        listen: Some(SocketAddr::from(([127, 0, 0, 1], 3))),
        ..Flags::default()
    };
    let config = load(file, &environment, &flags).expect("it is valid");
    assert_eq!(
        (
            config.listen.port(),
            config.limits.fuel,
            config.limits.host_calls
        ),
        (3, 2, 1)
    );
    assert_eq!(config.limits.deadline_ms, Limits::default().deadline_ms);
}

#[test]
fn an_unknown_key_and_a_wrong_value_are_errors_that_say_where() {
    let unknown = error("[limits]\nfule = 1\n", &[]);
    assert!(
        unknown.contains("fule") && unknown.contains("one of") && unknown.contains("retort.toml"),
        "{unknown}"
    );
    let wrong = error("[limits]\nfuel = \"lots\"\n", &[]);
    assert!(
        wrong.contains("limits.fuel") && wrong.contains("lots"),
        "{wrong}"
    );
    let variable = error("", &[("RETORT_LIMITS__FULE", "1")]);
    assert!(
        variable.contains("fule") && variable.contains("environment"),
        "{variable}"
    );
}

#[test]
fn a_token_is_never_repeated_whatever_is_wrong_with_it() {
    for given in ["1234567890123456", "[\"hush-hush-hush-hush\"]", "hush"] {
        let told = error("", &[("RETORT_OPERATIONS__TOKEN", given)]);
        assert!(told.contains("operations.token"), "{told}");
        assert!(!told.contains("hush") && !told.contains("1234"), "{told}");
    }
    let file = "[operations]\ntoken = \"hush-hush-hush-hush\"\nlisten = \"[::1]:9000\"\n";
    let config = load(file, &[], &Flags::default()).expect("it is valid");
    assert!(!format!("{config:?}").contains("hush"));
}

const ENTRY: &str =
    "[[deployments]]\ntenant = \"acme\"\nbot = \"echo\"\ncomponent = \"echo.wasm\"\n";

#[test]
fn a_deployment_overrides_what_it_names_and_inherits_the_rest() {
    let file = format!(
        "[limits]\nfuel = 5\nhost_calls = 5\n{ENTRY}grant = [\"personal-data\"]\nevents = [\"x\"]\n\
         [deployments.limits]\nfuel = 7\n[deployments.failure]\npolicy = \"reply\"\ntext = \"sorry\"\n\
         [deployments.config]\nskill = \"people\"\nretries = 3\nhosts = [\"a\"]\n"
    );
    let config = load(&file, &[], &Flags::default()).expect("it is valid");
    let [entry] = config.deployments.as_slice() else {
        panic!("one deployment")
    };
    let wanted = config.wanted(entry).expect("it is valid");
    assert_eq!((wanted.limits.fuel, wanted.limits.host_calls), (7, 5));
    assert_eq!(
        wanted.failure,
        FailurePolicy::Reply {
            text: "sorry".to_owned()
        }
    );
    let values: Vec<_> = wanted
        .config
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        values,
        [("hosts", "[\"a\"]"), ("retries", "3"), ("skill", "people")]
    );
    assert!(wanted.grants.contains(&Grant::PersonalData));
    let events = wanted.events.expect("they are said");
    assert_eq!(events, ["x".parse().expect("an event")].into());
    assert!(
        entry.component.is_absolute(),
        "the component is looked for beside the file"
    );
}

#[test]
fn a_number_that_makes_no_sense_is_refused() {
    for (file, problem) in [
        (
            "[sandbox]\ninstances = 0\n",
            "`sandbox.instances` is 0; 1 to 10000 are possible",
        ),
        (
            "[sandbox]\ntick_ms = 0\n",
            "`sandbox.tick_ms` is 0; 1 to 100 are possible",
        ),
        (
            "[liveperson]\nfunction_error_status = 502\n",
            "`liveperson.function_error_status`: 502; 901, 500 and 422 are possible",
        ),
        ("[limits]\nfuel = 0\n", "`limits.fuel` is 0; 1 to"),
        (
            "[admission.weights]\nacme = 0\n",
            "`admission.weights.acme` is 0; 1 to 1000 are possible",
        ),
        (
            "[admission]\nconcurrent_turns = 128\n",
            "`admission.concurrent_turns` is 128 and `sandbox.instances` 128",
        ),
        (
            "[operations]\nlisten = \"0.0.0.0:9000\"\n",
            "`operations.listen` is 0.0.0.0:9000, which others can reach",
        ),
        (
            "[operations]\ntoken = \"secret\"\n",
            "`operations.token`: a token has at least 16 characters and this one 6",
        ),
    ] {
        let told = error(file, &[]);
        assert!(told.contains(problem), "{told}");
    }
    let deployment = error(&format!("{ENTRY}[deployments.limits]\nhandles = 0\n"), &[]);
    assert!(
        deployment.contains("in acme/echo/draft: `limits.handles` is 0"),
        "{deployment}"
    );
}

#[test]
fn a_deployment_with_an_unknown_limit_or_an_address_of_another_is_refused() {
    let unknown = error(&format!("{ENTRY}[deployments.limits]\nfule = 7\n"), &[]);
    assert!(
        unknown.contains("fule") && unknown.contains("acme/echo/draft"),
        "{unknown}"
    );
    let twice = error(&format!("{ENTRY}{ENTRY}"), &[]);
    assert!(twice.contains("has acme/echo/draft twice"), "{twice}");
    let policy = error(
        &format!("{ENTRY}[deployments.failure]\npolicy = \"silence\"\n"),
        &[],
    );
    assert!(
        policy.contains("silence") && policy.contains("silent"),
        "{policy}"
    );
}

#[test]
fn a_certificate_is_looked_for_beside_the_file_unless_something_else_names_it() {
    let file = "[tls]\ncert = \"cert.pem\"\nkey = \"key.pem\"\n";
    let mut flags = Flags::default();
    flags.tls.cert = Some("flag.pem".into());
    let paths = |environment| {
        let tls = load(file, environment, &flags).expect("it is valid").tls;
        (tls.cert.expect("a path"), tls.key.expect("a path"))
    };
    let (cert, key) = paths(&[]);
    assert_eq!(cert, Path::new("flag.pem"));
    assert!(key.is_absolute() && key.ends_with("key.pem"), "{key:?}");
    let (_, key) = paths(&[("RETORT_TLS__KEY", "variable.pem"), ("RETORT_CA", "ca.pem")]);
    assert_eq!(key, Path::new("variable.pem"));
    let half = error("[tls]\nkey = \"key.pem\"\n", &[]);
    assert!(half.contains("`tls.cert` is not; give it too"), "{half}");
}

#[test]
fn variables_that_are_flags_of_commands_are_no_keys() {
    let environment = NOT_KEYS.map(|name| (name, "x"));
    load("", &environment, &Flags::default()).expect("none of them is read");
}
