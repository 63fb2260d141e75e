//! The netobs daemon.
mod kernel;
mod node;
use kernel::*;
use node::*;
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let sizes = Sizes { tap_v4: 65536, tap_v6: 32768, drop_v4: 16384, drop_v6: 8192, merged: 1024, ring: 1 << 20 };
    let mut kernel = Kernel::load(sizes)?;
    let mut links = Links::open()?;
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(500));
    loop {
        tokio::select! {
            c = links.next() => for c in c? { tracing::info!(?c); if let LinkChange::Appeared(l) = c { if l.leads_to_pod() { kernel.attach(l.index, &l.name)?; } } },
            _ = tick.tick() => {
                let clock = Clock::look();
                let mut ev = Vec::new();
                kernel.drain(clock, &mut |e| ev.push(e));
                kernel.sweep(clock, &mut |e| ev.push(e));
                for e in ev { tracing::info!(?e); }
                for l in kernel.losses() { tracing::info!(?l); }
                for l in kernel.skipped() { tracing::info!(?l); }
            }
        }
    }
}
