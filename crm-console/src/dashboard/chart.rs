//! A chart as SVG, drawn on the server, with a table that says the same.

use crm_core::stats::Dashboard;

use crate::web::Frame;

const WIDTH: u64 = 720;
const HEIGHT: u64 = 160;
/// How many labels stand below the bars at most.
const LABELS: usize = 8;

/// Two bars for each interval: new customers, and interactions that were completed.
pub(super) struct Chart {
    pub width: u64,
    pub height: u64,
    pub bars: Vec<Bar>,
    pub labels: Vec<(u64, String)>,
    /// The lines behind the bars: their height, and the number that they stand for.
    pub lines: Vec<(u64, String)>,
    pub rows: Vec<(String, String, String)>,
}

/// A bar: where it stands, how large it is, and which of the two it is.
pub(super) struct Bar {
    pub x: u64,
    pub y: u64,
    pub width: u64,
    pub height: u64,
    pub class: &'static str,
    pub title: String,
}

impl Chart {
    pub(super) fn of(frame: &Frame, dashboard: &Dashboard) -> Self {
        let count = dashboard.series.len().max(1) as u64;
        let of = |point: &crm_core::stats::DashboardPoint| [point.new_customers, point.interactions_completed];
        let top = even(dashboard.series.iter().flat_map(of).max().unwrap_or_default());
        let number = |number: u64| frame.language().number(i64::try_from(number).unwrap_or(i64::MAX));
        let (mut bars, mut labels, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        let step = dashboard.series.len().div_ceil(LABELS).max(1);
        for (place, point) in dashboard.series.iter().enumerate() {
            let left = place as u64 * WIDTH / count;
            let room = (WIDTH / count).max(4);
            let width = (room / 2).saturating_sub(1).clamp(1, 14);
            let start = left + room.saturating_sub(2 * width + 1) / 2;
            let day = frame.calendar.day(point.date);
            for (index, value) in of(point).into_iter().enumerate() {
                let height = value * HEIGHT / top;
                let class = ["bar-customers", "bar-interactions"][index];
                let label = frame.t(["tile-new-customers", "tile-interactions-completed"][index]);
                let x = start + index as u64 * (width + 1);
                let title = format!("{day}: {} {label}", number(value));
                bars.push(Bar { x, y: HEIGHT - height, width, height, class, title });
            }
            if place % step == 0 {
                labels.push((left + room / 2, day.clone()));
            }
            rows.push((day, number(point.new_customers), number(point.interactions_completed)));
        }
        let lines = (0..=2).map(|part| (HEIGHT - part * HEIGHT / 2, number(top * part / 2))).collect();
        Self { width: WIDTH, height: HEIGHT, bars, labels, lines, rows }
    }
}

/// The end of the scale: an even number that is not below the highest bar.
fn even(highest: u64) -> u64 {
    match highest {
        0..=4 => 4,
        highest => {
            let unit = 10_u64.pow(highest.ilog10()).max(2);
            let half = unit / 2;
            highest.div_ceil(half) * half + (highest.div_ceil(half) * half) % 2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::even;

    #[test]
    fn the_scale_ends_at_an_even_number() {
        for (highest, end) in [(0, 4), (4, 4), (5, 6), (11, 20), (12, 20), (14, 20), (99, 100), (101, 150), (1234, 1500)] {
            let scale = even(highest);
            assert!(scale >= highest && scale % 2 == 0, "{highest} gives {scale}");
            if highest > 10 {
                assert!(scale <= end.max(highest * 2), "{highest} gives {scale}");
            }
        }
    }
}
