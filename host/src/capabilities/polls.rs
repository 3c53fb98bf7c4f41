//! What a turn waits for, as WASI has it. Which of it comes first is the machine's doing, so that is noted.

use wasmtime::Result;
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi_io::bindings::wasi::io::poll::{Host, HostPollable};
use wasmtime_wasi_io::poll::DynPollable;

use super::tape::Tape;

/// One turn's.
#[derive(Debug)]
pub struct Polls<'a> {
    /// Where all of it is.
    pub table: &'a mut ResourceTable,
    /// Where it is noted what came.
    pub tape: &'a Tape,
}

/// Names [`Polls`] to the linker.
#[derive(Debug)]
pub struct Polled;

impl HasData for Polled {
    type Data<'a> = Polls<'a>;
}

impl Polls<'_> {
    /// What has come: as it was before, if the turn is run again.
    async fn told(
        &mut self,
        now: impl AsyncFnOnce(&mut ResourceTable) -> Result<Vec<u32>>,
    ) -> Result<Vec<u32>> {
        self.tape.begin()?;
        let ready = match self.tape.polled_before() {
            Some(before) => before,
            None => now(self.table).await?,
        };
        self.tape.polled(ready.clone());
        self.tape.end();
        Ok(ready)
    }
}

impl Host for Polls<'_> {
    async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> Result<Vec<u32>> {
        self.told(async |table| table.poll(pollables).await).await
    }
}

impl HostPollable for Polls<'_> {
    async fn block(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        let block = async |table: &mut ResourceTable| {
            table.block(pollable).await?;
            Ok(Vec::new())
        };
        self.told(block).await.map(drop)
    }

    async fn ready(&mut self, pollable: Resource<DynPollable>) -> Result<bool> {
        let ready = async |table: &mut ResourceTable| {
            let is_ready = table.ready(pollable).await?;
            Ok(if is_ready { vec![0] } else { Vec::new() })
        };
        Ok(!self.told(ready).await?.is_empty())
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        HostPollable::drop(self.table, pollable)
    }
}
