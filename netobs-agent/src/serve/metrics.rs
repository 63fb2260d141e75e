//! The metrics page.
mod known;
mod page;
mod process;
mod told;
mod words;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::Mutex;

use self::page::{Family, Page};
pub(super) use self::words::place as place_name;
use super::{
    app::App,
    feed::Feed,
    seats::Seats,
    sides::Screen,
    tls::TlsKeeper,
    visitors::{Attendance, Visitors},
};

/// Everybody who has something to say on it.
pub(super) struct Sources {
    pub(super) feed: Feed,
    pub(super) seats: Seats,
    pub(super) app: App,
    pub(super) tls: Option<Arc<TlsKeeper>>,
    pub(super) screen: Option<Arc<Screen>>,
    pub(super) grpc_visitors: Visitors,
    pub(super) http_visitors: Visitors,
    /// As it was last told, and when.
    pub(super) page: Mutex<Option<(Instant, Bytes)>>,
}

/// So long a page is told again: making one costs more than asking for it.
const KEPT: Duration = Duration::from_millis(100);

impl Sources {
    pub(super) async fn metrics(&self) -> Bytes {
        let mut kept = self.page.lock().await;
        if let Some((made, page)) = kept.as_ref()
            && made.elapsed() < KEPT
        {
            return page.clone();
        }
        let page = Bytes::from(self.make().await);
        *kept = Some((Instant::now(), page.clone()));
        page
    }

    /// Where the app does not answer, what it would say is not on the page.
    async fn make(&self) -> String {
        let mut page = Page::default();
        page.gauge("netobs_build_info", "Always 1; the label says which version this is.")
            .with(&[("version", env!("CARGO_PKG_VERSION"))], 1);
        let snapshot = self.app.snapshot().await;
        page.gauge(
            "netobs_answering",
            "Whether the agent's main loop answered within a few seconds.",
        )
        .is(u8::from(snapshot.is_ok()));
        if let Ok(snapshot) = &snapshot {
            known::tell(&mut page, snapshot);
        }
        told::tell(&mut page, &self.feed, self.seats.served());
        self.tell_visitors(&mut page);
        if let Some(tls) = &self.tls {
            tell_tls(&mut page, tls);
        }
        process::tell(&mut page);
        page.finish()
    }

    fn tell_visitors(&self, page: &mut Page) {
        let attendances = [
            ("grpc", self.grpc_visitors.attendance()),
            ("http", self.http_visitors.attendance()),
        ];
        let tell = |mut family: Family<'_>, value: fn(&Attendance) -> u64| {
            for (listener, attendance) in &attendances {
                family.with(&[("listener", listener)], value(attendance));
            }
        };
        let help = "Connections there are now.";
        tell(page.gauge("netobs_connections", help), |one| one.present as u64);
        let help = "Connections there may be at once.";
        tell(page.gauge("netobs_connections_limit", help), |one| one.most as u64);
        let help = "Connections that were refused because all others were busy.";
        tell(page.counter("netobs_connections_refused_total", help), |one| {
            one.refused
        });
        let help = "Connections that were ended because they were idle or slow for too long, or made room for others.";
        tell(page.counter("netobs_connections_let_go_total", help), |one| one.let_go);
    }
}

fn tell_tls(page: &mut Page, tls: &TlsKeeper) {
    let help = "When the certificate in use ends, in seconds since 1970.";
    page.gauge("netobs_tls_certificate_expiry_timestamp_seconds", help)
        .is(known::seconds(tls.expires()));
    page.counter("netobs_tls_handshakes_failed_total", "TLS handshakes that failed.")
        .is(tls.failures());
}
