//! The picture of what was measured: a panel for each operation, a bar for each store.

use std::fmt::Write;

use super::operations::{Measured, Operation};

const WIDTH: f64 = 880.0;
const MARGIN: f64 = 24.0;
const GAP: f64 = 44.0;
const PANEL: f64 = (WIDTH - 2.0 * MARGIN - GAP) / 2.0;
/// Where the panels start, below the title.
const TOP: f64 = 84.0;
/// Of a panel: its heading, and a line of it.
const HEADING: f64 = 34.0;
const LINE: f64 = 25.0;
const BETWEEN: f64 = 30.0;
const BAR: f64 = 15.0;
/// Of a line: the store's name to the left of its bar, and to the right the figure and the p99.
const NAMES: f64 = 128.0;
const FIGURES: f64 = 56.0;
const TIMES: f64 = 58.0;
const LONGEST_BAR: f64 = PANEL - NAMES - FIGURES - TIMES;
/// Below the panels.
const LEGEND: f64 = 34.0;

/// What one looks at: an SVG for light and dark pages, with its content in words for those who cannot.
pub(super) fn draw(measured: &[Measured]) -> String {
    let lines = 1 + measured
        .iter()
        .filter(|one| one.operation == Operation::Issue)
        .count();
    let panel_height = HEADING + LINE * lines as f64;
    let height = TOP + 2.0 * (panel_height + BETWEEN) + LEGEND;
    let most = measured
        .iter()
        .flat_map(|one| [one.per_second(), one.constants_per_second()])
        .fold(1.0, f64::max);
    let mut svg = head(height, &in_words(measured));
    for (index, operation) in Operation::ALL.into_iter().enumerate() {
        let left = MARGIN + (PANEL + GAP) * (index % 2) as f64;
        let top = TOP + (panel_height + BETWEEN) * (index / 2) as f64;
        let bars: Vec<&Measured> = measured
            .iter()
            .filter(|one| one.operation == operation)
            .collect();
        panel(&mut svg, (left, top), operation, &bars, most);
    }
    legend(&mut svg, height - LEGEND);
    svg.push_str("</svg>\n");
    svg
}

fn head(height: f64, description: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title description">
<title id="title">Requests per second on one core, by operation and store</title>
<desc id="description">{description}</desc>
<style>
:root {{ --page: #ffffff; --ink: #1c2b2a; --faint: #5d6f6d; --shared: #0f766e; --own: #5aa79f; --constant: #9aa8a6; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --page: #0f1716; --ink: #e6efed; --faint: #9db0ad; --shared: #2cb5a8; --own: #23766f; --constant: #64736f; }}
}}
text {{ font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink); font-variant-numeric: tabular-nums; }}
.title {{ font-size: 20px; font-weight: 650; }}
.heading {{ font-size: 15px; font-weight: 650; }}
.faint {{ fill: var(--faint); font-size: 12px; }}
.figure {{ font-size: 12px; }}
.end {{ text-anchor: end; }}
.page {{ fill: var(--page); }}
.shared {{ fill: var(--shared); }}
.own {{ fill: var(--own); }}
.constant {{ fill: var(--constant); }}
</style>
<rect class="page" width="{WIDTH}" height="{height}" rx="10"/>
<text class="title" x="{MARGIN}" y="38">Requests per second on one core</text>
<text class="faint" x="{MARGIN}" y="58">beside an axum handler that reads nothing and returns a constant; to the right the time within which 99 of 100 replies came</text>
"#
    )
}

fn panel(
    svg: &mut String,
    (left, top): (f64, f64),
    operation: Operation,
    bars: &[&Measured],
    most: f64,
) {
    let right = left + PANEL;
    // Why here and below: writing to a string cannot fail.
    let _ = writeln!(
        svg,
        r#"<text class="heading" x="{left}" y="{}">{}</text><text class="faint end" x="{right}" y="{}">p99</text>"#,
        top + 14.0,
        heading(operation),
        top + 14.0,
    );
    let constant = bars.first().map(|one| Line {
        name: "a constant".to_owned(),
        class: "constant",
        figure: one.constants_per_second(),
        p99: one.constants_p99(),
    });
    let lines = constant
        .into_iter()
        .chain(bars.iter().map(|one| Line::of(one)));
    for (index, line) in lines.enumerate() {
        let y = top + HEADING + LINE * index as f64;
        line.draw(svg, (left, y), most);
    }
}

/// A bar with what stands beside it.
struct Line {
    name: String,
    class: &'static str,
    figure: f64,
    p99: f64,
}

impl Line {
    fn of(measured: &Measured) -> Self {
        let shared = measured.setup.store.is_shared();
        Self {
            name: measured.setup.to_string(),
            class: if shared { "shared" } else { "own" },
            figure: measured.per_second(),
            p99: measured.p99(),
        }
    }

    fn draw(&self, svg: &mut String, (left, y): (f64, f64), most: f64) {
        let Self {
            name,
            class,
            figure,
            p99,
        } = self;
        let (bar, base) = (left + NAMES, y + BAR / 2.0 + 4.5);
        let (length, right) = (LONGEST_BAR * figure / most, left + PANEL);
        let figure = thousands(*figure);
        let _ = writeln!(
            svg,
            r#"<text x="{left}" y="{base}">{name}</text><rect class="{class}" x="{bar}" y="{y}" width="{length:.1}" height="{BAR}" rx="3"/><text class="figure" x="{:.1}" y="{base}">{figure}</text><text class="faint end" x="{right}" y="{base}">{p99:.1} ms</text>"#,
            bar + length + 6.0,
        );
    }
}

fn legend(svg: &mut String, top: f64) {
    let entries = [
        ("constant", "no store"),
        ("own", "a store in the node itself"),
        ("shared", "a store that nodes share"),
    ];
    let mut left = MARGIN;
    for (class, text) in entries {
        let _ = writeln!(
            svg,
            r#"<rect class="{class}" x="{left}" y="{top}" width="12" height="12" rx="3"/><text class="faint" x="{}" y="{}">{text}</text>"#,
            left + 18.0,
            top + 10.5,
        );
        left += 44.0 + 6.5 * text.len() as f64;
    }
}

const fn heading(operation: Operation) -> &'static str {
    match operation {
        Operation::Issue => "Issue a challenge",
        Operation::Picture => "Draw its picture",
        Operation::Answer => "Judge its answer",
        Operation::Verify => "Verify its token",
    }
}

/// The figures, for whoever has the picture read out.
fn in_words(measured: &[Measured]) -> String {
    measured
        .iter()
        .map(|one| {
            format!(
                "{} on {}: {} a second, p99 {:.1} ms.",
                one.operation,
                one.setup,
                thousands(one.per_second()),
                one.p99()
            )
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Three significant digits, with a narrow space between thousands.
fn thousands(figure: f64) -> String {
    let digits = format!("{figure:.0}").len().saturating_sub(3);
    let unit = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
    let text = format!("{:.0}", (figure / unit).round() * unit);
    match text.len().checked_sub(3) {
        Some(cut) if cut > 0 => format!("{}\u{202f}{}", &text[..cut], &text[cut..]),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{operations::Setup, stores::StoreKind},
        *,
    };

    #[test]
    fn a_plot_is_small_and_says_all_in_words_too() {
        let mut measured = Vec::new();
        for (index, setup) in Setup::all(&StoreKind::ALL).into_iter().enumerate() {
            for (factor, operation) in [0.8, 0.2, 0.5, 0.6].into_iter().zip(Operation::ALL) {
                let figure = 70_000.0 * factor / (1.0 + index as f64 / 2.0);
                let figures = [figure, 71_234.0, 64.0 / figure * 1500.0];
                measured.push(Measured::made_up(operation, setup, figures));
            }
        }
        let svg = draw(&measured);
        assert!(svg.len() < 20_000, "{}", svg.len());
        let (_, words) = svg.split_once("<desc id=\"description\">").unwrap();
        let (words, _) = words.split_once("</desc>").unwrap();
        for store in StoreKind::ALL {
            assert!(words.contains(&format!("verify on {store}: ")), "{words}");
        }
    }

    #[test]
    fn figures_are_as_exact_as_they_are() {
        assert_eq!(thousands(31_234.4), "31\u{202f}200");
        assert_eq!(thousands(999.4), "999");
        assert_eq!(thousands(12.0), "12");
    }
}
