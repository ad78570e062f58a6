//! What the page says, in the languages that the widget speaks.

use axum::http::{HeaderMap, header};
use cattlegrid::challenge::Kind;

/// How many languages of a visitor's are looked at.
const MOST_LANGUAGES: usize = 16;

/// One language. What the widget says as well, both say alike.
pub(super) struct Words {
    /// Its BCP 47 tag.
    pub(super) tag: &'static str,
    /// `ltr` or `rtl`.
    pub(super) direction: &'static str,
    pub(super) name: &'static str,
    /// Why one is asked.
    pub(super) why: &'static str,
    pub(super) chars: &'static str,
    pub(super) math: &'static str,
    pub(super) word: &'static str,
    pub(super) custom: &'static str,
    pub(super) picture: &'static str,
    pub(super) refresh: &'static str,
    /// To send the answer.
    pub(super) go: &'static str,
    pub(super) right: &'static str,
    pub(super) wrong: &'static str,
    pub(super) expired: &'static str,
    pub(super) renewed: &'static str,
    /// One more is asked for.
    pub(super) another: &'static str,
    /// What was sent has not reached the site.
    pub(super) lost: &'static str,
    pub(super) denied: &'static str,
    /// The answer was right, and its score too low.
    pub(super) unlikely: &'static str,
    pub(super) too_often: &'static str,
    pub(super) unavailable: &'static str,
}

const LANGUAGES: [Words; 7] = [
    Words {
        tag: "en",
        direction: "ltr",
        name: "Check that you are human",
        why: "This site is only for people. A cookie remembers your answer, so that you are not asked again for a while.",
        chars: "Type the characters you see",
        math: "Type the result",
        word: "Type the word you see",
        custom: "Type your answer",
        picture: "A picture with distorted writing",
        refresh: "New picture",
        go: "Continue",
        right: "That is right.",
        wrong: "That was not it.",
        expired: "Too much time has passed.",
        renewed: "Here is a new picture.",
        another: "One more, please.",
        lost: "What you sent has not arrived. Once you have answered, please send it again.",
        denied: "This page is not open to you.",
        unlikely: "Your answer was right, but it came the way programs answer. Please go back and try again.",
        too_often: "There were too many attempts. Please wait a moment, then load this page again.",
        unavailable: "This cannot be checked now. Please load this page again in a moment.",
    },
    Words {
        tag: "zh-Hans",
        direction: "ltr",
        name: "确认您是真人",
        why: "本网站仅供真人访问。Cookie 会记住您的回答，一段时间内不会再次询问。",
        chars: "请输入图中的字符",
        math: "请输入计算结果",
        word: "请输入图中的单词",
        custom: "请输入答案",
        picture: "一张文字经过扭曲的图片",
        refresh: "换一张图片",
        go: "继续",
        right: "回答正确。",
        wrong: "回答不正确。",
        expired: "时间已到。",
        renewed: "已换一张新图片。",
        another: "请再答一题。",
        lost: "您发送的内容未能送达。回答之后请重新发送。",
        denied: "您无法访问此页面。",
        unlikely: "回答正确，但作答方式像是程序。请返回后重试。",
        too_often: "尝试次数过多。请稍候，然后重新加载此页面。",
        unavailable: "现在无法验证。请稍后重新加载此页面。",
    },
    Words {
        tag: "es",
        direction: "ltr",
        name: "Comprueba que eres una persona",
        why: "Este sitio es solo para personas. Una cookie recuerda tu respuesta para no volver a preguntarte durante un tiempo.",
        chars: "Escribe los caracteres que ves",
        math: "Escribe el resultado",
        word: "Escribe la palabra que ves",
        custom: "Escribe tu respuesta",
        picture: "Una imagen con escritura deformada",
        refresh: "Otra imagen",
        go: "Continuar",
        right: "Es correcto.",
        wrong: "No era eso.",
        expired: "Ha pasado demasiado tiempo.",
        renewed: "Aquí tienes otra imagen.",
        another: "Una más, por favor.",
        lost: "Lo que enviaste no ha llegado. Cuando hayas respondido, envíalo de nuevo.",
        denied: "No tienes acceso a esta página.",
        unlikely: "La respuesta es correcta, pero llegó como responden los programas. Vuelve atrás e inténtalo de nuevo.",
        too_often: "Ha habido demasiados intentos. Espera un momento y vuelve a cargar la página.",
        unavailable: "Ahora no se puede comprobar. Vuelve a cargar la página dentro de un momento.",
    },
    Words {
        tag: "de",
        direction: "ltr",
        name: "Prüfung, ob Sie ein Mensch sind",
        why: "Diese Website ist nur für Menschen da. Ein Cookie merkt sich Ihre Antwort, damit Sie eine Weile nicht mehr gefragt werden.",
        chars: "Geben Sie die Zeichen ein",
        math: "Geben Sie das Ergebnis ein",
        word: "Geben Sie das Wort ein",
        custom: "Geben Sie die Antwort ein",
        picture: "Ein Bild mit verzerrter Schrift",
        refresh: "Neues Bild",
        go: "Weiter",
        right: "Das ist richtig.",
        wrong: "Das war es nicht.",
        expired: "Die Zeit ist abgelaufen.",
        renewed: "Hier ist ein neues Bild.",
        another: "Noch eines, bitte.",
        lost: "Was Sie abgeschickt haben, ist nicht angekommen. Bitte schicken Sie es nach Ihrer Antwort noch einmal ab.",
        denied: "Diese Seite ist für Sie nicht zugänglich.",
        unlikely: "Die Antwort war richtig, kam aber so, wie Programme antworten. Bitte gehen Sie zurück und versuchen Sie es noch einmal.",
        too_often: "Das waren zu viele Versuche. Bitte warten Sie einen Moment und laden Sie die Seite dann neu.",
        unavailable: "Das kann gerade nicht geprüft werden. Bitte laden Sie die Seite in einem Moment neu.",
    },
    Words {
        tag: "fr",
        direction: "ltr",
        name: "Vérifiez que vous êtes une personne",
        why: "Ce site est réservé aux personnes. Un cookie retient votre réponse, pour ne plus vous interroger pendant un moment.",
        chars: "Saisissez les caractères affichés",
        math: "Saisissez le résultat",
        word: "Saisissez le mot affiché",
        custom: "Saisissez votre réponse",
        picture: "Une image avec une écriture déformée",
        refresh: "Nouvelle image",
        go: "Continuer",
        right: "C’est exact.",
        wrong: "Ce n’était pas cela.",
        expired: "Le délai est dépassé.",
        renewed: "Voici une nouvelle image.",
        another: "Encore une, s’il vous plaît.",
        lost: "Ce que vous avez envoyé n’est pas arrivé. Une fois la réponse donnée, veuillez l’envoyer de nouveau.",
        denied: "Cette page ne vous est pas accessible.",
        unlikely: "La réponse était juste, mais elle est venue comme répondent les programmes. Revenez en arrière et réessayez.",
        too_often: "Il y a eu trop d’essais. Attendez un instant, puis rechargez la page.",
        unavailable: "La vérification est impossible pour le moment. Rechargez la page dans un instant.",
    },
    Words {
        tag: "ja",
        direction: "ltr",
        name: "人間であることの確認",
        why: "このサイトは人間専用です。回答は Cookie に記憶され、しばらくの間は再び尋ねられません。",
        chars: "表示された文字を入力してください",
        math: "計算の答えを入力してください",
        word: "表示された単語を入力してください",
        custom: "答えを入力してください",
        picture: "ゆがんだ文字の画像",
        refresh: "別の画像にする",
        go: "続ける",
        right: "正解です。",
        wrong: "違うようです。",
        expired: "時間切れです。",
        renewed: "新しい画像です。",
        another: "もう一問お願いします。",
        lost: "送信された内容は届いていません。回答のあと、もう一度送信してください。",
        denied: "このページにはアクセスできません。",
        unlikely: "回答は正しいのですが、プログラムのような答え方でした。前のページに戻って、もう一度お試しください。",
        too_often: "試行回数が多すぎます。しばらく待ってから、ページを再読み込みしてください。",
        unavailable: "現在確認できません。しばらくしてから、ページを再読み込みしてください。",
    },
    Words {
        tag: "ar",
        direction: "rtl",
        name: "التحقق من أنك إنسان",
        why: "هذا الموقع مخصّص للبشر. يحفظ ملف تعريف الارتباط إجابتك كي لا تُسأل مرة أخرى لبعض الوقت.",
        chars: "اكتب الأحرف التي تراها",
        math: "اكتب الناتج",
        word: "اكتب الكلمة التي تراها",
        custom: "اكتب إجابتك",
        picture: "صورة فيها كتابة مشوّهة",
        refresh: "صورة جديدة",
        go: "متابعة",
        right: "إجابة صحيحة.",
        wrong: "لم تكن صحيحة.",
        expired: "انتهى الوقت.",
        renewed: "إليك صورة جديدة.",
        another: "سؤال آخر من فضلك.",
        lost: "لم يصل ما أرسلته. بعد الإجابة، أرسله من جديد من فضلك.",
        denied: "هذه الصفحة غير متاحة لك.",
        unlikely: "الإجابة صحيحة، لكنها جاءت كما تجيب البرامج. ارجع إلى الصفحة السابقة وحاول مرة أخرى من فضلك.",
        too_often: "كانت المحاولات كثيرة جدًا. انتظر لحظة ثم أعد تحميل الصفحة.",
        unavailable: "لا يمكن التحقق الآن. أعد تحميل الصفحة بعد لحظة.",
    },
];

impl Words {
    /// In the language that the visitor's browser wants most, of those that there are; else in English.
    pub(super) fn of(headers: &HeaderMap) -> &'static Self {
        let wanted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut ranges: Vec<_> = wanted.split(',').take(MOST_LANGUAGES).map(range).collect();
        // Why: what is wanted as much stays in its order.
        ranges.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let mut known = ranges.iter().filter(|(_, weight)| *weight > 0.0);
        let [english, ..] = &LANGUAGES;
        known
            .find_map(|(language, _)| spoken(language))
            .unwrap_or(english)
    }

    /// What is to be done with a picture of this kind.
    pub(super) const fn task(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Math => self.math,
            Kind::Words => self.word,
            Kind::Custom => self.custom,
            _ => self.chars,
        }
    }
}

/// A language and its weight (RFC 9110, 12.5.4).
fn range(text: &str) -> (&str, f32) {
    let (tag, parameter) = text.split_once(';').unwrap_or((text, ""));
    let weight = parameter.trim().strip_prefix("q=");
    let weight = weight.map_or(Some(1.0), |weight| weight.parse().ok());
    (tag.trim(), weight.unwrap_or(0.0))
}

fn spoken(tag: &str) -> Option<&'static Words> {
    let language = |tag: &str| {
        tag.split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    LANGUAGES
        .iter()
        .find(|words| language(words.tag) == language(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(wanted: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, wanted.parse().unwrap());
        Words::of(&headers).tag
    }

    #[test]
    fn the_language_is_the_one_that_is_wanted_most() {
        assert_eq!(Words::of(&HeaderMap::new()).tag, "en");
        for (wanted, tag) in [
            ("de", "de"),
            ("de-AT, en;q=0.5", "de"),
            ("nl, fr;q=0.4, ja;q=0.7", "ja"),
            ("ZH-cn", "zh-Hans"),
            ("*", "en"),
            ("", "en"),
            ("fr;q=0, es;q=0.1", "es"),
            ("fr;q=x, ar", "ar"),
            ("fr;q=NaN,,;;=, ar;q=0.1", "ar"),
        ] {
            assert_eq!(chosen(wanted), tag, "{wanted}");
        }
    }

    #[test]
    fn page_and_widget_say_the_same() {
        let widget = include_str!("../../../../widget/widget/locales.js");
        for words in &LANGUAGES {
            let key = [
                format!("  {}: {{", words.tag),
                format!("  '{}': {{", words.tag),
            ];
            let own = key.iter().find_map(|key| widget.split(key).nth(1)).unwrap();
            let own = own.split("\n  },").next().unwrap();
            for (name, text) in [
                ("direction", words.direction),
                ("name", words.name),
                ("chars", words.chars),
                ("math", words.math),
                ("words", words.word),
                ("custom", words.custom),
                ("picture", words.picture),
                ("refresh", words.refresh),
                ("solved", words.right),
                ("wrong", words.wrong),
                ("expired", words.expired),
                ("renewed", words.renewed),
                ("another", words.another),
            ] {
                assert!(
                    own.contains(&format!("    {name}: '{text}',")),
                    "{} {name}",
                    words.tag
                );
            }
        }
        assert_eq!(widget.matches("    direction:").count(), LANGUAGES.len());
    }
}
