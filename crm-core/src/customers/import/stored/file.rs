//! The content of a stored file: written and read piece by piece, so that memory does not depend on its size.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use sea_orm::sea_query::Expr;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::super::format::ImportFormat;
use super::super::inspect;
use super::super::options::ImportOptions;
use super::super::tables::file_invalid;
use super::parts::{self, Kind};
use super::{StoredImport, repo};
use crate::base::error::{Error, Kind as RecordKind, Result};
use crate::base::ids::ImportId;
use crate::scope::{CompanyScope, CompanyTx};

/// The maximum size of a stored file, in bytes.
pub const MAX_FILE: usize = 512 * 1024 * 1024;
/// The size of a piece, in bytes. All pieces but the last have it.
const PIECE: usize = 512 * 1024;
/// The number of pieces read ahead.
const AHEAD: usize = 2;

/// Stores the content of a file, and counts its rows meanwhile.
pub(super) async fn store(
    tx: &mut CompanyTx<'_>,
    id: ImportId,
    file: impl Read + Send + 'static,
    format: Option<ImportFormat>,
) -> Result<()> {
    let (sender, mut pieces) = mpsc::channel(AHEAD);
    let reading = tokio::task::spawn_blocking(move || {
        let mut pieces = Pieces { file: file.take(MAX_FILE as u64 + 1), piece: Vec::with_capacity(PIECE), sender };
        let rows = inspect::count(&mut pieces, &ImportOptions { format, ..ImportOptions::default() });
        pieces.finish().map_err(Error::internal)?;
        rows
    });
    let mut size = 0;
    for number in 0.. {
        let Some(piece) = pieces.recv().await else { break };
        size += piece.len() as u64;
        let insert = parts::insert(tx, id, Kind::File, (number, &piece));
        tx.execute(&insert).await?;
    }
    let rows = reading.await.map_err(Error::internal)?;
    if size > MAX_FILE as u64 {
        return Err(file_invalid(&format!("a file has at most {} MiB", MAX_FILE / 1024 / 1024)));
    }
    let rows = rows?;
    if rows == 0 {
        return Err(file_invalid("the file has no rows below its header"));
    }
    let mut counted = repo::update(tx.actor(), id);
    counted.values([("size", Expr::val(size.cast_signed())), ("row_count", Expr::val(rows.cast_signed()))]);
    tx.execute(&counted).await.map(drop)
}

/// A file whose pieces are sent on while it is read.
struct Pieces<R> {
    file: io::Take<R>,
    piece: Vec<u8>,
    sender: mpsc::Sender<Vec<u8>>,
}

impl<R: Read> Read for Pieces<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(PIECE - self.piece.len());
        let read = self.file.read(&mut buffer[..most])?;
        self.piece.extend_from_slice(&buffer[..read]);
        if self.piece.len() == PIECE {
            self.send()?;
        }
        Ok(read)
    }
}

impl<R: Read> Pieces<R> {
    fn send(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        let gone = |_| io::Error::other("the file is not wanted any more");
        self.sender.blocking_send(piece).map_err(gone)
    }

    /// Sends on what was not read.
    fn finish(mut self) -> io::Result<()> {
        io::copy(&mut self, &mut io::sink())?;
        if self.piece.is_empty() { Ok(()) } else { self.send() }
    }
}

/// What an import reads.
pub(super) trait Content: Read + Seek + Send {}

impl<C: Read + Seek + Send> Content for C {}

/// Opens a file for reading on a thread that may block.
pub(super) async fn open(scope: &CompanyScope<'_>, import: &StoredImport) -> Result<Box<dyn Content>> {
    let gone = || Error::not_found(RecordKind::Import, import.id);
    let first = parts::next(scope, import.id, Kind::File, -1).await?.ok_or_else(gone)?;
    let Some(pool) = scope.pool() else {
        return Ok(Box::new(Cursor::new(parts::file(scope, import.id).await?)));
    };
    let (scope, runtime) = (scope.crm.on((*scope.actor).clone(), pool), Handle::current());
    let (size, piece) = (import.size, (first.number.cast_unsigned(), first.content));
    Ok(Box::new(StoredFile { scope, runtime, import: import.id, size, position: 0, piece }))
}

/// A file of which one piece is in memory.
struct StoredFile {
    scope: CompanyScope<'static>,
    runtime: Handle,
    import: ImportId,
    size: u64,
    position: u64,
    /// The number and the content of the piece.
    piece: (u64, Vec<u8>),
}

impl StoredFile {
    /// The piece with the position.
    fn load(&mut self, number: u64) -> io::Result<()> {
        let next = parts::next(&self.scope, self.import, Kind::File, number.cast_signed() - 1);
        let part = self.runtime.block_on(next).map_err(io::Error::other)?;
        let part = part.filter(|part| part.number == number.cast_signed());
        let part = part.ok_or_else(|| io::Error::other("the stored file was removed while it was read"))?;
        self.piece = (number, part.content);
        Ok(())
    }
}

impl Read for StoredFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size {
            return Ok(0);
        }
        let number = self.position / PIECE as u64;
        if number != self.piece.0 {
            self.load(number)?;
        }
        let start = usize::try_from(self.position % PIECE as u64).unwrap_or_default();
        let read = self.piece.1.get(start..).unwrap_or_default().read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for StoredFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
