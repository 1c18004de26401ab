//! A worker process's side of a helper: one stretch of rows after the other through a task's functions.

use std::time::{Duration, Instant};

use crate::chunk::{Chunk, ChunkStream};
use crate::error::Result;
use crate::metrics::Usage;
use crate::stage::RowInput;

use super::super::chain::ChainStream;
use super::super::gate::attached;
use super::super::machine::{Link, Place};
use super::super::release;
use super::ahead::Ahead;
use super::parcel;
use super::policy::Workers;
use super::wire::{Gone, Kind, Port, number};

/// How long a wait for the parent lasts before the next one.
const SLICE: Duration = Duration::from_secs(1);

/// One chunk and the operation that it starts at.
struct One(Option<(Chunk, usize)>);

impl RowInput for One {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        Ok(self.0.take())
    }

    fn is_at_hand(&self) -> bool {
        true
    }
}

/// Works until the parent has no more stretches. Called detached.
pub(super) fn serve(port: &Port, links: &[Link], place: &Place) -> Result<(), Gone> {
    loop {
        let Some(frame) = port.receive(SLICE)? else { continue };
        if frame.kind != Kind::Input {
            attached(release::empty);
            return Ok(());
        }
        let (start, parcel) = frame.body.split_at_checked(8).unwrap_or_default();
        let (before, used) = (counts(links), Usage::here());
        match parcel::unpack(parcel).and_then(|rows| work(port, links, place, (rows, number(start) as usize))) {
            Ok(Err(Gone)) => return Err(Gone),
            Ok(Ok(time)) => {
                let counts = counts(links).into_iter().zip(before).map(|(now, before)| now - before);
                let cpu = Usage::here().since(used).cpu;
                let numbers = [time.as_micros() as u64, cpu].into_iter().chain(counts);
                port.send(Kind::End, &[&numbers.flat_map(u64::to_le_bytes).collect::<Vec<u8>>()])?;
            }
            // The task comes upon it itself.
            Err(_) => port.send(Kind::Failed, &[])?,
        }
    }
}

/// How many rows have gone through each function.
fn counts(links: &[Link]) -> Vec<u64> {
    links.iter().map(|link| link.of.counters().read().2).collect()
}

/// Sends what comes of a stretch; how long the functions took.
fn work(port: &Port, links: &[Link], place: &Place, rows: (Chunk, usize)) -> Result<Result<Duration, Gone>> {
    let links = attached(|py| links.iter().map(|link| link.clone_ref(py)).collect());
    let input = Ahead::new(Box::new(One(Some(rows))), None);
    let mut chain = ChainStream::new(links, input, place.clone(), &Workers::None);
    let mut time = Duration::ZERO;
    loop {
        let began = Instant::now();
        let next = chain.next(usize::MAX);
        time += began.elapsed();
        let Some(chunk) = next? else { return Ok(Ok(time)) };
        if let Err(Gone) = port.send(Kind::Rows, &[&parcel::pack(&chunk)?]) {
            return Ok(Err(Gone));
        }
    }
}
