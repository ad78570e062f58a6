//! The mistakes that people make, tried on the site over HTTP: each is stopped, and by the layer that should.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cattlegrid::{ChallengeKey, OsEntropy, Secret};
use reqwest::header::{CONTENT_TYPE, ORIGIN};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::{Engine, Opened, Settings};

type Failure = Box<dyn Error + Send + Sync>;

/// One way in that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// The form is sent as if it had no widget.
    NoToken,
    /// A made-up token goes to a route whose handler forgot to look at it.
    ForgottenCheck,
    /// One token goes along with ten comments at once.
    Replay,
    /// A token that was earned for a wish goes along with a comment.
    OtherForm,
    /// The API under the page is called directly.
    DirectCall,
    /// The form is sent 50 ms after it came, with a good token.
    TooFast,
    /// All of the form's fields are filled in.
    FilledHoneypot,
    /// A form without its stamp, as somebody writes it who has looked at the page once.
    OwnForm,
    /// One form that was shown is sent twice, with two good tokens.
    SameFormTwice,
    /// Somebody else's address is signed up five times, each time with a good token.
    FloodedMailbox,
    /// 40 posts, each of which says that it comes from another address.
    ForgedAddress,
    /// 1,000 tries at guessing a token.
    ThousandTries,
    /// A browser that a program drives reads the picture, and does all else as a person would.
    DrivenBrowser,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::NoToken,
        Self::ForgottenCheck,
        Self::Replay,
        Self::OtherForm,
        Self::DirectCall,
        Self::TooFast,
        Self::FilledHoneypot,
        Self::OwnForm,
        Self::SameFormTwice,
        Self::FloodedMailbox,
        Self::ForgedAddress,
        Self::ThousandTries,
        Self::DrivenBrowser,
    ];

    /// What is tried, in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoToken => "the form without a token",
            Self::ForgottenCheck => "a made-up token, where the handler looks at none",
            Self::Replay => "one token for ten comments at once",
            Self::OtherForm => "a token that was earned on another form",
            Self::DirectCall => "the API, called directly",
            Self::TooFast => "the form after 50 ms",
            Self::FilledHoneypot => "the form with every field filled in",
            Self::OwnForm => "a form of one's own, without a stamp",
            Self::SameFormTwice => "one form sent twice, with two tokens",
            Self::FloodedMailbox => "five letters to somebody else's address",
            Self::ForgedAddress => "40 posts, each from a made-up X-Forwarded-For",
            Self::ThousandTries => "1,000 guesses at a token",
            Self::DrivenBrowser => "a driven browser that reads the picture",
        }
    }

    /// The layer that stops it, and the code that it gives.
    pub const fn stopped_by(self) -> (&'static str, &'static str) {
        match self {
            Self::NoToken | Self::DirectCall => ("captcha", "missing-token"),
            Self::ForgottenCheck | Self::Replay | Self::OtherForm => ("captcha", "refused-token"),
            Self::TooFast => ("form_timing", "too-early"),
            Self::SameFormTwice => ("form_timing", "spent-stamp"),
            Self::FilledHoneypot => ("honeypot", "honeypot"),
            Self::OwnForm => ("honeypot", "missing-stamp"),
            Self::FloodedMailbox => ("email", "too-many-letters"),
            Self::ForgedAddress => ("client_ip, rate_limit", "rate-limited"),
            Self::ThousandTries => ("rate_limit", "rate-limited"),
            Self::DrivenBrowser => ("behaviour", "low-score"),
        }
    }

    /// How many of its posts are as good as anybody's.
    const fn rightful(self) -> usize {
        match self {
            Self::Replay | Self::SameFormTwice => 1,
            Self::FloodedMailbox => 3,
            _ => 0,
        }
    }

    /// Tries it on a site of its own, which it starts in this process.
    ///
    /// # Errors
    /// The site does not start, or does not answer.
    pub async fn run(self) -> Result<Report, Failure> {
        let target = Target::start().await?;
        let answers = match self {
            Self::NoToken => target.no_token().await,
            Self::ForgottenCheck => target.forgotten_check().await,
            Self::Replay => target.replay().await,
            Self::OtherForm => target.other_form().await,
            Self::DirectCall => target.direct_call().await,
            Self::TooFast => target.too_fast().await,
            Self::FilledHoneypot => target.filled_honeypot().await,
            Self::OwnForm => target.own_form().await,
            Self::SameFormTwice => target.same_form_twice().await,
            Self::FloodedMailbox => target.flooded_mailbox().await,
            Self::ForgedAddress => target.forged_address().await,
            Self::ThousandTries => target.thousand_tries().await,
            Self::DrivenBrowser => target.driven_browser().await,
        };
        let mut report = Report {
            attack: self,
            passed: 0,
            refused: BTreeMap::new(),
        };
        for answer in answers? {
            match answer {
                Answer::Passed => report.passed += 1,
                Answer::Refused(code) => *report.refused.entry(code).or_default() += 1,
            }
        }
        Ok(report)
    }
}

/// What came of an attack.
#[derive(Debug)]
pub struct Report {
    attack: Attack,
    passed: usize,
    refused: BTreeMap<String, usize>,
}

impl Report {
    /// Whether nothing passed that should not have, and the layer stopped it that should.
    pub fn is_stopped(&self) -> bool {
        let (_, code) = self.attack.stopped_by();
        self.passed == self.attack.rightful() && self.refused.contains_key(code)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (layer, _) = self.attack.stopped_by();
        let mark = if self.is_stopped() {
            "stopped"
        } else {
            "NOT STOPPED"
        };
        write!(f, "{mark:<12}{:<50}{layer:<23}", self.attack.name())?;
        for (code, times) in &self.refused {
            write!(f, "{times} × {code}  ")?;
        }
        if self.passed > 0 {
            write!(f, "{} passed", self.passed)?;
        }
        Ok(())
    }
}

/// What became of one post.
enum Answer {
    Passed,
    /// With this code.
    Refused(String),
}

/// A site under attack.
struct Target {
    url: String,
    /// Why: one answer must be known to earn a token, and a person who reads pictures is not at hand.
    engine: Arc<Engine>,
    client: Client,
    /// Why kept: letters are put into it.
    _mail: tempfile::TempDir,
}

impl Target {
    async fn start() -> Result<Self, Failure> {
        let mail = tempfile::tempdir()?;
        let settings = Settings {
            secrets: Secret::generate(&OsEntropy)?.into(),
            store: "memory:".parse()?,
            mail: mail.path().to_owned(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let site = Opened::new(listener, &settings).map_err(|error| error.to_string())?;
        let (url, engine) = (site.url()?, Arc::clone(&site.engine));
        tokio::spawn(site.serve());
        Ok(Self {
            url,
            engine,
            client: Client::builder().redirect(Policy::none()).build()?,
            _mail: mail,
        })
    }

    async fn no_token(&self) -> Result<Vec<Answer>, Failure> {
        let form = self.shown_for_a_while("/").await?;
        Ok(vec![self.post(&form).await?])
    }

    async fn forgotten_check(&self) -> Result<Vec<Answer>, Failure> {
        let mut form = Filled::new("/newsletter");
        form.set("cattlegrid-response", "made-up");
        Ok(vec![self.post(&form).await?])
    }

    async fn replay(&self) -> Result<Vec<Answer>, Failure> {
        let token = self.earned("comment").await?;
        let mut forms = Vec::new();
        for _ in 0..10 {
            forms.push(self.shown("/comments").await?.with_token(&token));
        }
        a_while().await;
        let mut posts = JoinSet::new();
        for form in forms {
            posts.spawn(answer(self.request(&form)));
        }
        posts.join_all().await.into_iter().collect()
    }

    async fn other_form(&self) -> Result<Vec<Answer>, Failure> {
        let token = self.earned("wish").await?;
        let form = self.shown_for_a_while("/comments").await?;
        Ok(vec![self.post(&form.with_token(&token)).await?])
    }

    async fn direct_call(&self) -> Result<Vec<Answer>, Failure> {
        let wish = self.client.post(format!("{}/api/wishes", self.url));
        Ok(vec![answer(wish.json(&json!({ "song": "Moo" }))).await?])
    }

    async fn too_fast(&self) -> Result<Vec<Answer>, Failure> {
        let token = self.earned("sign-up").await?;
        let form = self.shown("/").await?.with_token(&token);
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(vec![self.post(&form).await?])
    }

    async fn filled_honeypot(&self) -> Result<Vec<Answer>, Failure> {
        let token = self.earned("sign-up").await?;
        let mut form = self.shown_for_a_while("/").await?.with_token(&token);
        form.fill_empty("https://spam.example");
        Ok(vec![self.post(&form).await?])
    }

    async fn own_form(&self) -> Result<Vec<Answer>, Failure> {
        let token = self.earned("sign-up").await?;
        let mut form = Filled::new("/").with_token(&token);
        form.set("name", "Herd");
        form.set("email", "herd@example.org");
        Ok(vec![self.post(&form).await?])
    }

    async fn same_form_twice(&self) -> Result<Vec<Answer>, Failure> {
        let form = self.shown_for_a_while("/comments").await?;
        let mut answers = Vec::new();
        for _ in 0..2 {
            let token = self.earned("comment").await?;
            answers.push(self.post(&form.clone().with_token(&token)).await?);
        }
        Ok(answers)
    }

    async fn flooded_mailbox(&self) -> Result<Vec<Answer>, Failure> {
        let mut forms = Vec::new();
        for _ in 0..5 {
            let token = self.earned("sign-up").await?;
            forms.push(self.shown("/").await?.with_token(&token));
        }
        a_while().await;
        let mut answers = Vec::new();
        for form in &forms {
            answers.push(self.post(form).await?);
        }
        Ok(answers)
    }

    async fn forged_address(&self) -> Result<Vec<Answer>, Failure> {
        let mut answers = Vec::new();
        for n in 0..40 {
            let post = self.request(&Filled::new("/newsletter"));
            let post = post.header("x-forwarded-for", format!("203.0.113.{n}"));
            answers.push(answer(post).await?);
        }
        Ok(answers)
    }

    async fn thousand_tries(&self) -> Result<Vec<Answer>, Failure> {
        let mut answers = Vec::new();
        for n in 0..1000 {
            let wish = self.client.post(format!("{}/api/wishes", self.url));
            let wish = wish.header("x-captcha-response", format!("guess-{n}"));
            answers.push(answer(wish.json(&json!({ "song": "Moo" }))).await?);
        }
        Ok(answers)
    }

    async fn driven_browser(&self) -> Result<Vec<Answer>, Failure> {
        let signals = json!({ "used": ["pointer", "keys"], "edits": 6, "automated": true });
        let token = self.earned_with("comment", &signals).await?;
        let form = self.shown_for_a_while("/comments").await?;
        Ok(vec![self.post(&form.with_token(&token)).await?])
    }

    /// A form as its page has it, with everything filled in that a person sees.
    async fn shown(&self, path: &'static str) -> Result<Filled, Failure> {
        let page = self.client.get(format!("{}{path}", self.url)).send();
        let page = page.await?.error_for_status()?.text().await?;
        let mut form = Filled::new(path);
        for element in page
            .split('<')
            .filter(|element| element.starts_with("input") || element.starts_with("textarea"))
        {
            let value = match attribute(element, "name") {
                Some("name") => "Herd",
                Some("email") => "herd@example.org",
                Some("comment") => "Moo",
                _ => attribute(element, "value").unwrap_or_default(),
            };
            if let Some(name) = attribute(element, "name") {
                form.set(name, value);
            }
        }
        Ok(form)
    }

    /// The same, after as long as nobody minds.
    async fn shown_for_a_while(&self, path: &'static str) -> Result<Filled, Failure> {
        let form = self.shown(path).await?;
        a_while().await;
        Ok(form)
    }

    fn request(&self, form: &Filled) -> RequestBuilder {
        self.client
            .post(format!("{}{}", self.url, form.path))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.encoded())
    }

    async fn post(&self, form: &Filled) -> Result<Answer, Failure> {
        answer(self.request(form)).await
    }

    /// A token as whoever reads the picture earns it.
    async fn earned(&self, action: &str) -> Result<String, Failure> {
        self.earned_with(action, &Value::Null).await
    }

    /// The same, where the widget has seen this of its use.
    async fn earned_with(&self, action: &str, signals: &Value) -> Result<String, Failure> {
        let site = self.engine.sites().iter().next().ok_or("no site")?;
        let ask = json!({ "sitekey": site.key().as_str(), "action": action });
        let url = format!("{}/api/v1/challenges", self.url);
        let issued: Value = self.ask(&url, &ask).await?;
        let key: ChallengeKey = issued["key"].as_str().unwrap_or_default().parse()?;
        let known = self.engine.inspect(&key)?;
        let answer = json!({ "answer": known.challenge.answer().as_str(), "signals": signals });
        let judged = self.ask(&format!("{url}/{key}/answer"), &answer).await?;
        Ok(judged["token"].as_str().ok_or("no token")?.to_owned())
    }

    async fn ask(&self, url: &str, body: &Value) -> Result<Value, Failure> {
        let asked = self.client.post(url).header(ORIGIN, &self.url).json(body);
        Ok(asked.send().await?.error_for_status()?.json().await?)
    }
}

/// Longer than the least age of a form.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

/// What comes back: whoever does not ask for a page is told the code of a refusal in problem details. What is held is on a
/// page, with its code.
async fn answer(post: RequestBuilder) -> Result<Answer, Failure> {
    let reply = post.send().await?;
    let status = reply.status();
    let body = reply.text().await?;
    let problem: Value = serde_json::from_str(&body).unwrap_or_default();
    let on_page = || Some(body.split_once("<code>")?.1.split_once("</code>")?.0);
    Ok(match problem["code"].as_str().or_else(on_page) {
        Some(code) => Answer::Refused(code.to_owned()),
        None if status.is_success() || status.is_redirection() => Answer::Passed,
        None => Answer::Refused(status.to_string()),
    })
}

/// A form with what is typed into it.
#[derive(Clone)]
struct Filled {
    path: &'static str,
    fields: Vec<(String, String)>,
}

impl Filled {
    const fn new(path: &'static str) -> Self {
        let fields = Vec::new();
        Self { path, fields }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    fn with_token(mut self, token: &str) -> Self {
        self.set("cattlegrid-response", token);
        self
    }

    fn fill_empty(&mut self, text: &str) {
        let empty = self.fields.iter_mut().filter(|(_, value)| value.is_empty());
        empty.for_each(|(_, value)| text.clone_into(value));
    }

    fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish()
    }
}

/// The value of an attribute in the text of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}
