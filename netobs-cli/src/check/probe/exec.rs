//! Runs a process in a container, through the API server.
use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Status};
use kube::{
    Api,
    api::{AttachParams, AttachedProcess},
    client::UpgradeConnectionError,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, copy, sink},
    time::timeout,
};

use super::{
    Aim,
    spec::PodName,
    tool::{Ended, Met, TOOLS, Tool, WAIT},
};
use crate::{apiserver::ApiServer, failure::Unreachable};

/// Of what a process says.
const MOST_READ: u64 = 4096;
const FORBIDDEN: u16 = 403;

pub(super) struct Executor<'a> {
    server: &'a ApiServer,
    patience: Duration,
}

/// What the process in the pod met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Met(Met),
    /// Nothing was sent, or it is not known what came of it.
    Unknown(String),
}

enum Run {
    Ended(Ended),
    /// The container has no such program.
    NotThere,
}

impl<'a> Executor<'a> {
    pub(super) const fn new(server: &'a ApiServer, patience: Duration) -> Self {
        Self { server, patience }
    }

    /// With the first tool that is there.
    pub(super) async fn connect(&self, aim: &Aim) -> Result<Fate> {
        for tool in TOOLS {
            let run = timeout(WAIT + self.patience, self.run(aim, tool, aim.to)).await;
            match run {
                Err(_) => {
                    let seconds = (WAIT + self.patience).as_secs();
                    return Ok(Fate::Unknown(format!(
                        "{} in pod {} did not end within {seconds} s (--timeout waits longer)",
                        tool.name, aim.probe.from
                    )));
                }
                Ok(run) => match run? {
                    Run::NotThere => {}
                    Run::Ended(ended) => {
                        if let Some(met) = tool.read(&ended) {
                            return Ok(Fate::Met(met));
                        }
                    }
                },
            }
        }
        let mut names: Vec<_> = TOOLS.iter().map(|tool| tool.name).collect();
        names.dedup();
        Ok(Fate::Unknown(format!(
            "container {} of pod {} has none of {} to open a connection with",
            aim.from.container,
            aim.probe.from,
            names.join(", ")
        )))
    }

    async fn run(&self, aim: &Aim, tool: &Tool, to: IpAddr) -> Result<Run> {
        let from = &aim.probe.from;
        let api: Api<Pod> = Api::namespaced(self.server.client.clone(), &from.namespace);
        let how = AttachParams::default()
            .container(&aim.from.container)
            .stdin(false)
            .stdout(true)
            .stderr(true);
        let began = Instant::now();
        let process = api.exec(&from.name, tool.command(to, aim.probe.port), &how).await;
        let process = match process {
            Ok(process) => process,
            Err(error) => bail!(Unreachable(refusal(from, &error))),
        };
        let (out, err, status) = to_its_end(process).await;
        let exit = match status {
            Some(status) if status.status.as_deref() == Some("Success") => 0,
            Some(status) => match exit_code(&status) {
                Some(exit) => exit,
                None if is_not_there(&status) => return Ok(Run::NotThere),
                None => bail!(Unreachable(format!(
                    "no process can be started in pod {from}: {}",
                    status.message.unwrap_or_default()
                ))),
            },
            None => bail!(Unreachable(format!(
                "the connection to the process in pod {from} was lost"
            ))),
        };
        Ok(Run::Ended(Ended {
            exit,
            out,
            err,
            took: began.elapsed(),
        }))
    }
}

async fn to_its_end(mut process: AttachedProcess) -> (String, String, Option<Status>) {
    let status = process.take_status();
    let (out, err) = (process.stdout(), process.stderr());
    let (out, err, status) = tokio::join!(read(out), read(err), async {
        match status {
            Some(status) => status.await,
            None => None,
        }
    });
    (out, err, status)
}

/// To the end, or whoever writes would wait.
async fn read(from: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut from) = from else {
        return String::new();
    };
    let mut text = Vec::new();
    let _ = (&mut from).take(MOST_READ).read_to_end(&mut text).await;
    let _ = copy(&mut from, &mut sink()).await;
    String::from_utf8_lossy(&text).into_owned()
}

fn exit_code(status: &Status) -> Option<i32> {
    let causes = status.details.as_ref()?.causes.iter().flatten();
    let mut codes = causes.filter(|cause| cause.reason.as_deref() == Some("ExitCode"));
    codes.next()?.message.as_ref()?.parse().ok()
}

fn is_not_there(status: &Status) -> bool {
    let message = status.message.as_deref().unwrap_or_default();
    message.contains("executable file not found") || message.contains("no such file or directory")
}

fn refusal(from: &PodName, error: &kube::Error) -> String {
    let code = match error {
        kube::Error::Api(status) => Some(status.code),
        kube::Error::UpgradeConnection(UpgradeConnectionError::ProtocolSwitch(code)) => Some(code.as_u16()),
        _ => None,
    };
    let namespace = &from.namespace;
    if code == Some(FORBIDDEN) {
        return format!(
            "this user may not run a process in pod {from}; `kubectl create role netobs-probe -n {namespace} --verb=get,create \
             --resource=pods/exec` and `kubectl create rolebinding netobs-probe -n {namespace} --role=netobs-probe --user=USER`, by \
             somebody who may, give that right (`kubectl auth whoami` says who USER is)"
        );
    }
    format!("no process can be started in pod {from}: {error}")
}
