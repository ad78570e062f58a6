//! Letters, to a real server and into a folder.

use std::fs::{self, File};
use std::future::pending;
use std::sync::{Arc, Mutex};

use cattlegrid_guard::email::{EmailAddress, Letter, Mailer, Outcome, Refusal, Text, Transport};
use cattlegrid_services::Certificates;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;

use crate::sink::{Arrived, Encryption, Sink};
use crate::{PURPOSE, ada, clock, links, secrets};

const SENDER: &str = "Shop <no-reply@shop.example>";

fn text(link: &str) -> Text {
    Text::english("Shop", link, std::time::Duration::from_secs(3600))
}

fn letter() -> Letter {
    Letter {
        to: ada(),
        text: text("https://shop.example/confirm?token=x"),
    }
}

fn mailer(transport: Transport) -> (Mailer, JoinHandle<()>) {
    let (mailer, delivery) = Mailer::new(transport, SENDER).unwrap();
    (mailer, tokio::spawn(delivery.run()))
}

/// What arrives of one letter.
async fn sent(sink: &Sink, letter: Letter) -> Arrived {
    let (mailer, delivery) = mailer(sink.transport());
    mailer.send(async { Some(letter) }).unwrap();
    drop(mailer);
    delivery.await.unwrap();
    let [arrived] = <[_; 1]>::try_from(sink.arrived()).unwrap();
    arrived
}

/// The token of the link in a letter, whose lines are folded (RFC 2045, 6.7).
fn token(letter: &str) -> String {
    let letter = letter.replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = letter.split_once("?token=").unwrap();
    let is_token = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
    rest.chars().take_while(is_token).collect()
}

#[tokio::test]
async fn the_link_in_a_letter_confirms_the_address() {
    let links = links(&secrets(), PURPOSE, clock());
    let link = links
        .make(&ada(), "4711")
        .unwrap()
        .to("https://shop.example/confirm");
    let sink = Sink::start(Encryption::Starttls).await;
    let arrived = sent(
        &sink,
        Letter {
            to: ada(),
            text: text(&link),
        },
    )
    .await;

    assert!(arrived.encrypted);
    // "\0shop\0sesame" (RFC 4616)
    assert_eq!(arrived.credentials.as_deref(), Some("AHNob3AAc2VzYW1l"));
    assert_eq!(arrived.to, ["RCPT TO:<ada@example.org>"]);
    assert_eq!(arrived.field("From"), Some("Shop <no-reply@shop.example>"));
    assert_eq!(arrived.field("To"), Some("ada@example.org"));
    assert_eq!(
        arrived.field("Subject"),
        Some("Confirm your e-mail address for Shop")
    );
    assert_eq!(arrived.field("Auto-Submitted"), Some("auto-generated"));
    assert!(
        arrived
            .field("Message-ID")
            .unwrap()
            .ends_with("@shop.example>")
    );
    assert!(arrived.field("Date").is_some());
    let confirmed = links.confirm(&token(&arrived.text)).await.unwrap();
    assert_eq!(
        (confirmed.address, confirmed.subject.as_str()),
        (ada(), "4711")
    );
}

#[tokio::test]
async fn every_way_leads_to_the_server() {
    let sink = Sink::start(Encryption::FromTheStart).await;
    assert!(sent(&sink, letter()).await.encrypted);

    let plain = Sink::start(Encryption::None).await;
    let (mailer, delivery) = mailer(Transport::smtp(&plain.url()).unwrap());
    mailer.send(async { Some(letter()) }).unwrap();
    drop(mailer);
    delivery.await.unwrap();
    assert_eq!(plain.arrived().len(), 1);
}

#[tokio::test]
async fn a_letter_without_html_is_one_part() {
    let sink = Sink::start(Encryption::None).await;
    let plain = Text {
        html: None,
        subject: "Grüße".to_owned(),
        plain: "Guten Tag, Zoë\n.\nEnde\n".to_owned(),
    };
    let arrived = sent(
        &sink,
        Letter {
            to: ada(),
            text: plain,
        },
    )
    .await;
    assert_eq!(arrived.field("Subject"), Some("=?utf-8?b?R3LDvMOfZQ==?="));
    assert!(
        arrived
            .field("Content-Type")
            .unwrap()
            .starts_with("text/plain")
    );
    assert!(arrived.text.contains("\r\n..\r\nEnde"), "{}", arrived.text);
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_nobody_vouches_for() {
    let sink = Sink::start(Encryption::Starttls).await;
    let stranger = Certificates::new().unwrap();
    let ca = std::fs::read(stranger.authority()).unwrap();
    let (mailer, delivery) = mailer(sink.transport_trusting(&ca));
    mailer.send(async { Some(letter()) }).unwrap();
    // The second attempt begins when the first has failed.
    sink.until(|sink| sink.connections() == 2).await;
    delivery.abort();
    assert!(sink.arrived().is_empty());
}

#[tokio::test]
async fn a_server_that_has_no_time_is_asked_again_and_one_that_refuses_is_not() {
    let busy = Sink::refusing(Encryption::None, &["451 later"]).await;
    sent(&busy, letter()).await;
    assert_eq!(busy.connections(), 2);

    let strict = Sink::refusing(Encryption::None, &["550 5.1.1 <ada@example.org> unknown"]).await;
    let (mailer, delivery) = mailer(strict.transport());
    mailer.send(async { Some(letter()) }).unwrap();
    drop(mailer);
    delivery.await.unwrap();
    assert_eq!((strict.connections(), strict.arrived().len()), (1, 0));
}

#[tokio::test]
async fn no_text_becomes_a_header_or_another_recipient() {
    let injection = "x\r\nBcc: eve@evil.example\r\nX-Evil: yes\r\n\r\nevil";
    let sink = Sink::start(Encryption::None).await;
    let evil = Text::english(
        injection,
        &format!("https://a.example/{injection}"),
        std::time::Duration::from_secs(60),
    );
    let arrived = sent(
        &sink,
        Letter {
            to: ada(),
            text: evil,
        },
    )
    .await;
    assert_eq!(arrived.to, ["RCPT TO:<ada@example.org>"]);
    for line in arrived.head() {
        assert!(
            !line.starts_with("Bcc") && !line.starts_with("X-Evil"),
            "{line}"
        );
    }
    assert!(
        format!("ada@example.org{injection}")
            .parse::<EmailAddress>()
            .is_err()
    );
    let folder = tempfile::tempdir().unwrap();
    for sender in [
        "Shop\r\nBcc: eve@evil.example <no-reply@shop.example>",
        "Shop\r\n <no-reply@shop.example>",
        "Shop <no-reply@shop.example>\r\nBcc: eve@evil.example",
        "no-reply@shop.example, eve@evil.example",
        "",
        "Shop",
    ] {
        let transport = Transport::folder(folder.path()).unwrap();
        assert!(Mailer::new(transport, sender).is_err(), "{sender:?}");
    }
}

#[tokio::test]
async fn the_answer_is_the_same_and_waits_for_nothing_whether_the_address_is_known_or_not() {
    let sink = Sink::start(Encryption::None).await;
    let (mailer, delivery) = mailer(sink.transport());
    let (tell, known) = oneshot::channel::<()>();
    let answer = |address: &'static str, known: Option<oneshot::Receiver<()>>| {
        let queued = mailer.send(async move {
            // Until the test goes on, nobody knows.
            known?.await.ok()?;
            let to = address.parse().unwrap();
            Some(Letter {
                to,
                text: text("https://shop.example/confirm?token=x"),
            })
        });
        queued.map_err(|refusal| refusal.code())
    };
    assert_eq!(
        answer("ada@example.org", Some(known)),
        answer("nobody@example.org", None)
    );
    assert!(sink.arrived().is_empty());
    tell.send(()).unwrap();
    drop(mailer);
    delivery.await.unwrap();
    let arrived = sink.arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].to, ["RCPT TO:<ada@example.org>"]);
}

#[tokio::test]
async fn the_queue_has_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    let (mailer, delivery) =
        Mailer::new(Transport::folder(folder.path()).unwrap(), SENDER).unwrap();
    for _ in 0..Mailer::MAX_WAITING {
        mailer.send(async { None }).unwrap();
    }
    let full = mailer.send(async { Some(letter()) });
    assert!(matches!(full, Err(Refusal::TooManyLetters)));
    // Nothing sends them any more.
    drop(delivery);
    let refusal = mailer.send(pending()).unwrap_err();
    assert_eq!(refusal.code(), "overloaded");
}

#[tokio::test]
async fn a_letter_whose_making_panics_harms_no_other() {
    let sink = Sink::start(Encryption::None).await;
    let (mailer, delivery) = mailer(sink.transport());
    for _ in 0..10 {
        mailer.send(async { panic!("the site's mistake") }).unwrap();
    }
    mailer.send(async { Some(letter()) }).unwrap();
    sink.until(|sink| sink.arrived().len() == 1).await;
    assert!(!delivery.is_finished());
}

#[tokio::test]
async fn what_becomes_of_each_letter_is_told_and_nothing_of_whom_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let traces = folder.path().join("traces");
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(Arc::new(File::create(&traces).unwrap()));
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let told = Arc::new(Mutex::new(Vec::new()));
    let deliver = async |transport, letters: [Option<Letter>; 3]| {
        let (mailer, delivery) = Mailer::new(transport, SENDER).unwrap();
        let notes = Arc::clone(&told);
        let delivery = delivery.on_end(move |ended| {
            notes.lock().unwrap().push(ended.outcome.as_str());
        });
        for letter in letters {
            mailer.send(async { letter }).unwrap();
        }
        mailer.send(async { panic!("the site's mistake") }).unwrap();
        assert_eq!(mailer.waiting(), 4);
        drop(mailer);
        delivery.run().await;
        let mut outcomes = std::mem::take(&mut *told.lock().unwrap());
        outcomes.sort_unstable();
        outcomes
    };

    let strict = Sink::refusing(
        Encryption::Starttls,
        &["550 5.1.1 <ada@example.org> unknown"],
    )
    .await;
    let letters = [Some(letter()), Some(letter()), None];
    let outcomes = deliver(strict.transport(), letters).await;
    assert_eq!(outcomes, ["nobody", "not-made", "refused", "sent"]);
    let gone = folder.path().join("letters");
    let transport = Transport::folder(&gone).unwrap();
    fs::remove_dir(&gone).unwrap();
    let outcomes = deliver(transport, [Some(letter()), None, None]).await;
    assert_eq!(outcomes, ["failed", "nobody", "nobody", "not-made"]);

    let traces = fs::read_to_string(traces).unwrap();
    for outcome in Outcome::ALL {
        let span = format!("send_letter{{outcome=\"{}\"}}", outcome.as_str());
        assert!(traces.contains(&span), "{span}: {traces}");
    }
    for hidden in [
        "ada",
        "example.org",
        "shop.example",
        "token=",
        "sesame",
        "Confirm",
    ] {
        assert!(!traces.contains(hidden), "{hidden}: {traces}");
    }
}

#[tokio::test]
async fn a_folder_keeps_letters_for_development() {
    let folder = tempfile::tempdir().unwrap();
    let letters = folder.path().join("var/letters");
    let (mailer, delivery) = mailer(Transport::folder(&letters).unwrap());
    let links = Arc::new(links(&secrets(), PURPOSE, clock()));
    for subject in ["1", "2"] {
        let links = Arc::clone(&links);
        let letter = async move {
            let link = links
                .make(&ada(), subject)
                .ok()?
                .to("https://shop.example/confirm");
            Some(Letter {
                to: ada(),
                text: text(&link),
            })
        };
        mailer.send(letter).unwrap();
    }
    drop(mailer);
    delivery.await.unwrap();
    let mut subjects = Vec::new();
    for file in std::fs::read_dir(&letters).unwrap() {
        let letter = std::fs::read_to_string(file.unwrap().path()).unwrap();
        subjects.push(links.confirm(&token(&letter)).await.unwrap().subject);
    }
    subjects.sort();
    assert_eq!(subjects, ["1", "2"]);
}

#[test]
fn what_is_no_mail_server_is_refused_when_it_is_set() {
    for url in [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://mail.example?tls=maybe",
        "smtp://",
    ] {
        let error = Transport::smtp(url).unwrap_err();
        assert!(error.to_string().contains("URL"), "{error}");
    }
    assert!(Transport::folder("/dev/null/letters").is_err());
}

#[tokio::test]
async fn a_password_is_not_shown() {
    let transport = Transport::smtp("smtps://shop:sesame@mail.example").unwrap();
    let (_, delivery) = Mailer::new(transport, SENDER).unwrap();
    assert!(!format!("{delivery:?}").contains("sesame"));
}
