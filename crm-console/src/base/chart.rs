//! Bars beside each other as SVG, drawn on the server, with a table that says the same.

use super::language::Language;

const WIDTH: u64 = 1080;
const HEIGHT: u64 = 160;
/// How many labels stand below the bars at most.
const LABELS: usize = 8;
/// The widest bar.
const WIDEST: u64 = 14;
/// The room that a letter of the scale takes.
const LETTER: u64 = 6;

/// What is said about a chart: its name in the page, its title, and the head of the first column of its table.
#[derive(Clone, Debug)]
pub struct Heading {
    /// The name in the page.
    pub id: &'static str,
    /// The title.
    pub title: String,
    /// What the bars of one place have in common.
    pub first: String,
}

/// A kind of bars: what their classes end with, and what they show.
#[derive(Clone, Debug)]
pub struct Series {
    /// `customers`, `interactions` or `quota`.
    pub class: &'static str,
    /// What the bars show.
    pub label: String,
}

/// The bars of one place: for each series a number, and the words for it.
#[derive(Clone, Debug)]
pub struct Point {
    /// What the place is called.
    pub label: String,
    /// The numbers.
    pub values: Vec<(u64, String)>,
}

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What is said about it.
    pub heading: Heading,
    /// The kinds of bars.
    pub series: Vec<Series>,
    /// The room of the bars.
    pub width: u64,
    /// The height of the highest bar.
    pub height: u64,
    /// The room for the numbers of the scale.
    pub left: u64,
    /// The bars.
    pub bars: Vec<Bar>,
    /// The labels below the bars.
    pub labels: Vec<(u64, String)>,
    /// The lines behind the bars: their height, and the number that they stand for.
    pub lines: Vec<(u64, String)>,
    /// The same as a table.
    pub rows: Vec<(String, Vec<String>)>,
}

/// A bar: where it stands, how large it is, and which kind it is.
#[derive(Clone, Debug)]
pub struct Bar {
    /// From the left.
    pub x: u64,
    /// From above.
    pub y: u64,
    /// How wide it is.
    pub width: u64,
    /// How high it is.
    pub height: u64,
    /// What its class ends with.
    pub class: &'static str,
    /// The words for it.
    pub title: String,
}

impl Chart {
    /// A chart of these numbers.
    #[must_use]
    pub fn of(language: Language, heading: Heading, series: Vec<Series>, points: Vec<Point>) -> Self {
        let (count, kinds) = (points.len().max(1) as u64, series.len().max(1) as u64);
        let numbers = points.iter().flat_map(|point| &point.values).map(|(number, _)| *number);
        let top = even(numbers.max().unwrap_or_default());
        let step = points.len().div_ceil(LABELS).max(1);
        let room = (WIDTH / count).max(4);
        let width = (room / kinds).saturating_sub(1).clamp(1, WIDEST);
        let (mut bars, mut labels, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (place, Point { label, values }) in points.into_iter().enumerate() {
            let left = place as u64 * WIDTH / count;
            let mut x = left + room.saturating_sub(kinds * (width + 1) - 1) / 2;
            for (kind, (number, words)) in series.iter().zip(&values) {
                let height = number.saturating_mul(HEIGHT) / top;
                let title = format!("{label}: {words} {}", kind.label);
                bars.push(Bar { x, y: HEIGHT - height, width, height, class: kind.class, title });
                x += width + 1;
            }
            if place % step == 0 {
                labels.push((left + room / 2, label.clone()));
            }
            rows.push((label, values.into_iter().map(|(_, words)| words).collect()));
        }
        let line = |part: u64| (HEIGHT - part * HEIGHT / 2, language.number(top / 2 * part));
        let lines: Vec<(u64, String)> = (0..=2).map(line).collect();
        let longest = lines.iter().map(|(_, words)| words.chars().count() as u64).max().unwrap_or_default();
        let left = (longest * LETTER + 8).max(32);
        Self { heading, series, width: WIDTH, height: HEIGHT, left, bars, labels, lines, rows }
    }
}

/// The end of the scale: an even number that is not below the highest bar.
fn even(highest: u64) -> u64 {
    match highest {
        0..=4 => 4,
        highest => {
            let half = 10_u64.pow(highest.ilog10()).max(4) / 2;
            highest.div_ceil(half).next_multiple_of(if half.is_multiple_of(2) { 1 } else { 2 }) * half
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Chart, HEIGHT, Heading, Language, Point, Series, WIDTH, even};

    #[test]
    fn the_scale_ends_at_an_even_number() {
        for (highest, end) in
            [(0, 4), (4, 4), (5, 6), (11, 20), (12, 20), (14, 20), (99, 100), (101, 150), (1234, 1500)]
        {
            let scale = even(highest);
            assert!(scale >= highest && scale.is_multiple_of(2), "{highest} gives {scale}");
            if highest > 10 {
                assert!(scale <= end.max(highest * 2), "{highest} gives {scale}");
            }
        }
    }

    #[test]
    fn bars_stand_beside_each_other_and_in_the_chart() {
        for (points, kinds) in [(1, 1), (6, 3), (12, 2), (365, 2), (24, 3)] {
            let series = vec![Series { class: "customers", label: "New".to_owned() }; kinds];
            let point =
                |number: u64| Point { label: number.to_string(), values: vec![(number, "n".to_owned()); kinds] };
            let heading = Heading { id: "chart", title: String::new(), first: String::new() };
            let chart = Chart::of(Language::English, heading, series, (0..points).map(point).collect());
            assert_eq!((chart.rows.len() as u64, chart.bars.len()), (points, chart.rows.len() * kinds));
            for bar in &chart.bars {
                assert!(bar.x + bar.width <= WIDTH + 4 && bar.y + bar.height == HEIGHT, "{bar:?}");
            }
            let are_apart = |pair: &[super::Bar]| pair[0].x + pair[0].width <= pair[1].x;
            assert!(points > 100 || chart.bars.windows(2).all(are_apart), "{points} points of {kinds}");
        }
    }
}
