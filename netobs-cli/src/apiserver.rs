//! The API server of the cluster that is meant, asked for lists of objects.
use std::{fmt, future::Future, time::Duration};

use kube::{Client, Config, api::ListParams, core::Request};
use serde::Deserialize;
use tokio::time::timeout;

pub(crate) use self::right::Right;

mod right;

/// Objects of one answer.
const PAGE: u32 = 500;
const GONE: u16 = 410;

pub(crate) struct ApiServer {
    pub(crate) client: Client,
    patience: Duration,
}

/// Why something was not answered.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The server works, and does not answer this.
    Refused {
        code: u16,
        message: String,
    },
    Away(String),
}

/// What of a list says whether there is more of it.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMetadata,
}

#[derive(Default, Deserialize)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    rest: Option<String>,
}

impl ApiServer {
    pub(crate) fn of(config: Config, patience: Duration) -> Result<Self, Fault> {
        let client = Client::try_from(config).map_err(|error| Fault::Away(innermost(&error)))?;
        Ok(Self { client, patience })
    }

    /// A whole list, page by page; each is a list by itself.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<String>, Fault> {
        match self.pages(path, Some(PAGE)).await {
            // The rest of a list that took too long is not kept; all of it at once always comes.
            Err(Fault::Refused { code: GONE, .. }) => self.pages(path, None).await,
            listed => listed,
        }
    }

    pub(crate) async fn in_time<T>(&self, answer: impl Future<Output = kube::Result<T>>) -> Result<T, Fault> {
        match timeout(self.patience, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(kube::Error::Api(status))) if status.code != 401 => Err(Fault::Refused {
                code: status.code,
                message: status.message,
            }),
            Ok(Err(error)) => Err(Fault::Away(innermost(&error))),
            Err(_) => Err(Fault::Away(
                "it did not answer in time; --timeout waits longer".to_owned(),
            )),
        }
    }

    async fn pages(&self, path: &str, limit: Option<u32>) -> Result<Vec<String>, Fault> {
        let mut wanted = ListParams {
            limit,
            ..ListParams::default()
        };
        let mut pages = Vec::new();
        loop {
            let request = Request::new(path).list(&wanted);
            let request = request.map_err(|error| Fault::Away(error.to_string()))?;
            let text = self.in_time(self.client.request_text(request)).await?;
            let page: Page = serde_json::from_str(&text)
                .map_err(|error| Fault::Away(format!("its answer to {path} is no list: {error}")))?;
            pages.push(text);
            match page.metadata.rest {
                Some(rest) if !rest.is_empty() => wanted = wanted.continue_token(&rest),
                Some(_) | None => return Ok(pages),
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { message, .. } => out.write_str(message),
            Self::Away(why) => out.write_str(why),
        }
    }
}

fn innermost(error: &kube::Error) -> String {
    let problem = anyhow::Chain::new(error).last();
    problem.map_or_else(|| error.to_string(), ToString::to_string)
}
