use std::io;

use super::{Fault, MAX_COLUMNS, MAX_ROW, Record, Records, Text};

/// What `told` says of each record of a file.
fn each<T>(file: &str, told: impl Fn(Record<'_>) -> T) -> Vec<T> {
    let read = || -> io::Result<Vec<T>> {
        let mut records = Records::new(Text::new(file.as_bytes())?)?;
        let mut all = Vec::new();
        while let Some(record) = records.next()? {
            all.push(told(record));
        }
        Ok(all)
    };
    read().unwrap_or_else(|error| panic!("a text in memory can be read: {error}"))
}

fn rows(file: &str) -> Vec<(u64, Vec<String>)> {
    each(file, |record| (record.row, (0..record.len()).map(|index| record.cell(index).to_owned()).collect()))
}

fn row(number: u64, cells: &[&str]) -> (u64, Vec<String>) {
    (number, cells.iter().map(|&cell| cell.to_owned()).collect())
}

#[test]
fn rows_are_counted_as_spreadsheets_do() {
    for end in ["\n", "\r\n", "\r"] {
        let file = ["a,b", "\"1\n2\r\n3\",x", "", "", "4,\"y \"\"z\"\"\""].join(end);
        let expected = [row(1, &["a", "b"]), row(2, &["1\n2\r\n3", "x"]), row(5, &["4", "y \"z\""])];
        assert_eq!(rows(&file), expected, "{end:?}");
        assert_eq!(rows(&(file + end)), expected, "{end:?}");
    }
    assert!(rows("").is_empty());
    assert!(rows("\r\n\n").is_empty());
    assert_eq!(rows("\n\na"), [row(3, &["a"])]);
}

#[test]
fn rows_may_be_ragged() {
    assert_eq!(
        rows("a,b\n1\n1,2,3\n,"),
        [row(1, &["a", "b"]), row(2, &["1"]), row(3, &["1", "2", "3"]), row(4, &["", ""])]
    );
}

#[test]
fn the_header_tells_the_delimiter() {
    assert_eq!(rows("a;\"b,c,d\";e")[0].1, ["a", "b,c,d", "e"]);
    assert_eq!(rows("a\tb c\td")[0].1, ["a", "b c", "d"]);
    assert_eq!(rows("a,b;c,d")[0].1, ["a", "b;c", "d"]);
    assert_eq!(rows("name\nx;y")[1].1, ["x;y"]);
    for mark in ["sep=;", "SEP=;", "\"sep=;\""] {
        assert_eq!(rows(&format!("{mark}\r\na,b;c")), [row(1, &["a,b", "c"])]);
    }
    assert_eq!(rows("sep=|\na,b|c")[0].1, ["a,b", "c"]);
}

#[test]
fn a_row_may_be_long_but_not_too_long() {
    let long = "x".repeat(MAX_ROW / 2);
    assert_eq!(rows(&format!("a,b\n{long},{long}x\n1,2"))[1].1.len(), 0);
    assert_eq!(rows(&format!("a,b\n{long},1\n1,2"))[1].1[0].len(), long.len());
    let wide = ",".repeat(MAX_COLUMNS * 3);
    let file = format!("a,b\n\"{long}{long}\"\n{wide}\n1,2");
    let faults = each(&file, |record| record.fault);
    assert_eq!(faults, [None, Some(Fault::Bytes), Some(Fault::Cells), None]);
}

/// The first cell of each row, or its fault.
fn read(file: &str) -> Vec<Result<String, Fault>> {
    each(file, |record| record.fault.map_or_else(|| Ok(record.cell(0).to_owned()), Err))
}

fn ok(cell: &str) -> Result<String, Fault> {
    Ok(cell.to_owned())
}

#[test]
fn a_quotation_mark_that_is_not_closed_costs_its_line_only() {
    let not_closed = |line| Err(Fault::NotClosed { line });
    for end in ["\n", "\r\n", "\r"] {
        let file = |lines: &[&str]| lines.join(end);
        // By nothing, by a cell that opens later, by one that closes later, by one that is empty.
        for last in ["Di,ok", "Di,\"ok\"", "Di,ok\"", "Di,\"\"", "\"Di\",ok"] {
            let rows = read(&file(&["Name,Notes", "Ida,\"open", "Bo,ok", "Cy,ok", last, "Ed,ok"]));
            assert_eq!(rows, [ok("Name"), not_closed(2), ok("Bo"), ok("Cy"), ok("Di"), ok("Ed")], "{last} {end:?}");
        }
        let rows = read(&file(&["Name,Notes", "Ann,\"a", "b\"", "Ida,\"open", "Bo,ok"]));
        assert_eq!(rows, [ok("Name"), ok("Ann"), not_closed(4), ok("Bo")]);
    }
    assert_eq!(read("Name\n\"Ida\nBo\nCy"), [ok("Name"), not_closed(2), ok("Bo"), ok("Cy")]);
    assert_eq!(read("Name\n\""), [ok("Name"), not_closed(2)]);
    assert_eq!(read("\"Name\nAnn"), [not_closed(1), Err(Fault::InDoubt { line: 1 })]);
    let rest = "Bo,ok\n".repeat(MAX_ROW / 4);
    let rows = read(&format!("Name,Notes\nIda,\"open\n{rest}"));
    assert_eq!((rows.len(), &rows[1], &rows[2]), (MAX_ROW / 4 + 2, &not_closed(2), &ok("Bo")));
}

#[test]
fn what_may_belong_to_a_broken_cell_is_no_row() {
    let doubt = Err(Fault::InDoubt { line: 2 });
    assert_eq!(
        read("Name,Notes\nIda,\"first\nsecond\nthird, and\" so on\nBo,ok\nCy"),
        [ok("Name"), Err(Fault::NotClosed { line: 2 }), doubt.clone(), doubt, ok("Bo"), ok("Cy")]
    );
    let short = read("Name,City,Notes\nAnn,Oslo\nIda,\"open\nBo,Rome\nCy");
    assert_eq!(short[2..], [Err(Fault::NotClosed { line: 3 }), ok("Bo"), ok("Cy")]);
}

#[test]
fn text_after_a_quotation_mark_is_a_fault_of_its_row() {
    let after = |line| Err(Fault::TextAfterQuote { line });
    assert_eq!(
        read("Name,Notes\n\"Bo \"Bob\" Ray\",x\nAnn\n\"Cy\" ,x\n\"Di\"\"\"x,\nEd,5\" pipe"),
        [ok("Name"), after(2), ok("Ann"), ok("Cy"), after(5), ok("Ed")]
    );
}

#[test]
fn cells_of_several_lines_stay_whole() {
    let file = "Name,Address,Notes\nAnn,\"1 Quay\nOslo, Norway\",\"Said:\n\n\"\"Yes, but later\"\"\"\n\"Bo\nRay\",x,y";
    assert_eq!(
        rows(file)[1..],
        [row(2, &["Ann", "1 Quay\nOslo, Norway", "Said:\n\n\"Yes, but later\""]), row(3, &["Bo\nRay", "x", "y"]),]
    );
}

#[test]
fn rows_may_lie_across_pieces() {
    let line = "aé,\"b\nc\",\r\n";
    let file = line.repeat(20_000);
    let rows = rows(&file);
    assert_eq!(rows.len(), 20_000);
    assert!(rows.iter().all(|(_, cells)| *cells == ["aé", "b\nc", ""]));
    assert_eq!(rows.last().map(|(row, _)| *row), Some(20_000));
}
