//! The configuration: where it comes from, and what is refused.

use cattlegrid::challenge::image::{self, Fonts, Scale, Seed, Style, StyleOptions};
use cattlegrid::challenge::{KindOptions, Prompt};
use cattlegrid_server::config::Config;

use crate::harness::{Ended, Home, program, run};

const SITE: &str = "[[sites]]\nkey = \"shop\"\nsecret = \"the-secret-key-of-the-shop\"\n";

fn check(home: &Home, toml: &str, environment: &[(&str, &str)]) -> Ended {
    let path = home.file("cattlegrid.toml", toml);
    run(program()
        .args(["check", "--data"])
        .arg(home.data())
        .arg("--config")
        .arg(path)
        .envs(environment.iter().copied()))
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let home = Home::new();
    let path = home.file("cattlegrid.toml", "listen = \"127.0.0.1:1001\"");
    let mut command = program();
    command.arg("check").arg("--data").arg(home.data());
    assert!(run(&mut command).out.contains("127.0.0.1:8080"));
    command.env("CATTLEGRID_CONFIG", &path);
    assert!(run(&mut command).out.contains("127.0.0.1:1001"));
    command.env("CATTLEGRID_LISTEN", "127.0.0.1:1002");
    assert!(run(&mut command).out.contains("127.0.0.1:1002"));
    command.args(["--listen", "127.0.0.1:1003"]);
    assert!(run(&mut command).out.contains("127.0.0.1:1003"));
}

#[test]
fn check_says_what_the_configuration_means_and_makes_nothing() {
    let home = Home::new();
    let toml = format!(
        "store = \"memory:\"\n{SITE}hostnames = [\"shop.example\", \"*.shop.example\"]\n\
         kinds = [\"math\", \"chars\"]\nchallenge_ttl = \"2m\"\n\
         [sites.chars]\nlength = 5\n[sites.style]\npreset = \"classic\"\n"
    );
    let ended = check(&home, &toml, &[]);
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    for word in [
        "memory:",
        "shop.example, *.shop.example",
        "math, chars",
        "120s",
        "no",
    ] {
        assert!(ended.out.contains(word), "{word} not in {}", ended.out);
    }
    assert!(!ended.out.contains("the-secret-key"));
    assert!(!home.data().exists());
}

#[test]
fn every_key_can_be_set_in_the_environment() {
    let home = Home::new();
    let ended = check(
        &home,
        SITE,
        &[
            ("CATTLEGRID_STORE", "memory:"),
            ("CATTLEGRID_DEMO", "true"),
            ("CATTLEGRID_LIMITS__BODY", "2048"),
            ("CATTLEGRID_SITES__0__HOSTNAMES", "a.example, b.example"),
            ("CATTLEGRID_SITES__0__CHARS__LENGTH", "5"),
            ("CATTLEGRID_SITES__1__KEY", "12345"),
            ("CATTLEGRID_SITES__1__SECRET", "1234567890123456789"),
            ("CATTLEGRID_SITES__1__KINDS", "[\"words\"]"),
        ],
    );
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    for word in ["memory:", "a.example, b.example", "12345", "words"] {
        assert!(ended.out.contains(word), "{word} not in {}", ended.out);
    }
}

#[test]
fn unknown_keys_and_wrong_values_are_refused_by_name() {
    let home = Home::new();
    for (toml, words) in [
        ("lisen = \"x\"", ["lisen", "listen"].as_slice()),
        ("listen = \"8080\"", &["listen", "127.0.0.1:8080"]),
        ("listen = 8080", &["listen", "string"]),
        ("store = \"oracle:x\"", &["store", "memory:", "sqlite:PATH"]),
        ("demo = \"maybe\"", &["demo", "boolean"]),
        ("[log]\nlevel = \"loud\"", &["log.level", "info", "debug"]),
        (
            "[limits]\nbody = 10",
            &["limits.body", "from 1024 to 1048576"],
        ),
        (
            "[limits]\nbody = \"big\"",
            &["limits.body", "from 1024 to 1048576"],
        ),
        (
            "[limits]\nheader_timeout = \"soon\"",
            &["limits.header_timeout", "\"30s\""],
        ),
        (
            "[limits]\nheader_timeout = \"2h\"",
            &["limits.header_timeout", "300 seconds"],
        ),
        ("[limits]\nbudy = 1", &["limits.budy", "body"]),
        ("[[sites]]\nkey = \"shop\"", &["sites[0]", "secret"]),
        (
            "[[sites]]\nkey = \"a b\"\nsecret = \"x\"",
            &["sites[0].key", "1 to 64"],
        ),
        (
            "[[sites]]\nkey = \"a\"\nsecret = \"short\"",
            &["sites[0].secret", "16 to 256"],
        ),
        (
            "[telemetry]\notlp_endpoint = \"collector:4318\"",
            &["telemetry.otlp_endpoint", "http://127.0.0.1:4318"],
        ),
        (
            "[telemetry]\nsample_ratio = 2",
            &["telemetry.sample_ratio", "from 0 to 1"],
        ),
        ("not toml", &["line 1"]),
    ] {
        let ended = check(&home, toml, &[]);
        assert_eq!(ended.status, Some(78), "{toml}: {}", ended.err);
        for word in words {
            assert!(ended.err.contains(word), "{word} not in: {}", ended.err);
        }
    }
    for (line, words) in [
        (
            "hostnames = [\"https://shop.example\"]",
            ["sites[0].hostnames", "example.org"].as_slice(),
        ),
        ("kinds = [\"riddle\"]", &["sites[0].kinds[0]", "chars"]),
        ("kinds = []", &["shop", "at least one"]),
        ("kinds = [\"custom\"]", &["shop", "custom"]),
        (
            "challenge_ttl = \"2d\"",
            &["sites[0].challenge_ttl", "86400"],
        ),
        ("fonts = [\"none.ttf\"]", &["none.ttf"]),
        ("words_file = \"none.txt\"", &["none.txt"]),
        ("chars = { lenth = 5 }", &["sites[0].chars.lenth", "length"]),
        (
            "style = { preset = \"pretty\" }",
            &["sites[0].style.preset", "hard", "classic"],
        ),
        ("colour = 1", &["sites[0].colour", "style"]),
    ] {
        let ended = check(&home, &format!("{SITE}{line}\n"), &[]);
        assert!(
            matches!(ended.status, Some(66 | 78)),
            "{line}: {}",
            ended.err
        );
        for word in words {
            assert!(ended.err.contains(word), "{word} not in: {}", ended.err);
        }
    }
    let ended = check(&home, &format!("{SITE}{SITE}"), &[]);
    assert_eq!(ended.status, Some(78));
    assert!(ended.err.contains("shop"), "{}", ended.err);
}

#[test]
fn a_misspelt_variable_is_refused_by_name() {
    let home = Home::new();
    for (name, value) in [
        ("CATTLEGRID_LISEN", "x"),
        ("CATTLEGRID_LIMITS__BUDY", "1"),
        ("CATTLEGRID_LIMITS__BODY", "1"),
        ("CATTLEGRID_LOG__LEVEL", "loud"),
        ("CATTLEGRID_SITES__7__KEY", "x"),
    ] {
        let ended = check(&home, "", &[(name, value)]);
        assert_eq!(ended.status, Some(78), "{name}: {}", ended.err);
        assert!(ended.err.contains(name), "{name} not in: {}", ended.err);
    }
}

#[test]
fn an_error_does_not_repeat_a_secret() {
    let home = Home::new();
    for toml in [
        "secret = [\"hush-hush\"]",
        "[[sites]]\nkey = \"a\"\nsecret = \"hush-hush\"",
        "[[sites]]\nkey = \"a\"\nsecret = [\"hush-hush\"]",
        "secret = \"hush-hush",
    ] {
        let ended = check(&home, toml, &[]);
        assert_eq!(ended.status, Some(78), "{toml}: {}", ended.err);
        assert!(!ended.err.contains("hush"), "{}", ended.err);
    }
}

#[tokio::test]
async fn files_are_found_from_where_the_configuration_lies() {
    let home = Home::new();
    home.file("words.txt", "aardvark\n\n badger \n");
    let server = home.start_configured(&format!(
        "{SITE}words_file = \"words.txt\"\nkinds = [\"words\"]\n"
    ));
    let key = server.issue_for("shop").await;
    let answer = home.answer_to(&key);
    assert!(
        ["aardvark", "badger"].contains(&answer.as_str()),
        "{answer}"
    );
}

#[test]
fn paths_start_from_where_they_were_given() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("work")).unwrap();
    let path = home.file("cattlegrid.toml", "data = \"in-file\"");
    let mut command = program();
    command
        .arg("check")
        .current_dir(home.path().join("work"))
        .env("CATTLEGRID_CONFIG", &path);
    let place = |path: &str| home.path().join(path).display().to_string();
    assert!(run(&mut command).out.contains(&place("in-file/secret")));
    command.env("CATTLEGRID_DATA", "in-environment");
    assert!(
        run(&mut command)
            .out
            .contains(&place("work/in-environment/secret"))
    );
    command.args(["--data", "in-flag"]);
    assert!(
        run(&mut command)
            .out
            .contains(&place("work/in-flag/secret"))
    );
}

#[test]
fn two_sources_of_the_secret_are_one_too_many() {
    let home = Home::new();
    let secret = "s".repeat(43);
    let ended = check(
        &home,
        "secret_file = \"secret\"",
        &[("CATTLEGRID_SECRET", &secret)],
    );
    assert_eq!(ended.status, Some(78));
    assert!(ended.err.contains("secret_file"), "{}", ended.err);
    assert!(!ended.err.contains(&secret));
}

/// The example with every default written out.
fn example_with_everything() -> String {
    include_str!("../../cattlegrid.example.toml")
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect()
}

#[test]
fn the_example_is_accepted() {
    let home = Home::new();
    let ended = check(&home, include_str!("../../cattlegrid.example.toml"), &[]);
    assert_eq!(ended.status, Some(0), "{}", ended.err);

    // Without what names files that are not there, with one of the two sources of the secret, and with the proxy that
    // forward auth has to have.
    let everything: Vec<_> = example_with_everything()
        .lines()
        .filter(|line| {
            !["fonts", "words_file", "secret_file", "secret = \"\""]
                .iter()
                .any(|key| line.starts_with(key))
        })
        .map(|line| line.replace("trusted_proxies = []", "trusted_proxies = [\"loopback\"]"))
        .collect();
    let ended = check(&home, &everything.join("\n"), &[]);
    assert_eq!(ended.status, Some(0), "{}", ended.err);
}

#[test]
fn the_defaults_in_the_example_are_the_defaults() {
    let mut everything: toml::Table = toml::from_str(&example_with_everything()).unwrap();
    let mut site = everything["sites"].as_array().unwrap()[0]
        .as_table()
        .unwrap()
        .clone();
    let options = KindOptions::default();
    for (kind, field) in [
        ("chars", toml::Value::try_from(&options.chars).unwrap()),
        ("math", toml::Value::try_from(&options.math).unwrap()),
        ("words", toml::Value::try_from(&options.words).unwrap()),
        ("unicode", toml::Value::try_from(&options.unicode).unwrap()),
    ] {
        for (key, value) in site[kind].as_table().unwrap() {
            assert_eq!(Some(value), field.get(key), "{kind}.{key}");
        }
    }
    let style: StyleOptions = site.remove("style").unwrap().try_into().unwrap();
    let picture = |style: &Style| {
        let prompt = Prompt::new("Example").unwrap();
        image::draw(&prompt, style, &Seed::from_bytes([1; 16]), Scale::One)
    };
    let style = style.resolve(Fonts::embedded()).unwrap();
    assert!(picture(&style) == picture(&Style::hard()), "style");

    let limits = everything["limits"].as_table_mut().unwrap();
    limits.remove("drawing_threads");
    let text = toml::to_string(&toml::Table::from_iter(
        ["listen", "log", "limits"].map(|key| (key.to_owned(), everything[key].clone())),
    ));
    let home = Home::new();
    let file = home.file("cattlegrid.toml", &text.unwrap());
    let shown =
        |config: &Config| format!("{:?} {:?} {:?}", config.listen, config.log, config.limits);
    let written = Config::load(Some(&file), [], []).unwrap();
    assert_eq!(shown(&written), shown(&Config::default()));
}
