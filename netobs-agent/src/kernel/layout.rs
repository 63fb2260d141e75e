//! What the drop program must know of the running kernel, as constants for it: where fields lie, and a reason's number.
use super::{btf::Btf, error::KernelError};

/// A program's constant, and the field whose offset it holds.
const FIELDS: [(&str, &str, &str); 17] = [
    ("SK_BUFF_DEV", "sk_buff", "dev"),
    ("SK_BUFF_HEAD", "sk_buff", "head"),
    ("SK_BUFF_TAIL", "sk_buff", "tail"),
    ("SK_BUFF_END", "sk_buff", "end"),
    ("SK_BUFF_DATA_LEN", "sk_buff", "data_len"),
    ("SK_BUFF_NETWORK_HEADER", "sk_buff", "network_header"),
    ("SK_BUFF_PROTOCOL", "sk_buff", "protocol"),
    ("SK_BUFF_SKB_IIF", "sk_buff", "skb_iif"),
    ("SK_BUFF_REFDST", "sk_buff", "_skb_refdst"),
    ("SK_BUFF_SK", "sk_buff", "sk"),
    ("SOCK_NET", "sock", "__sk_common.skc_net.net"),
    ("NET_DEVICE_IFINDEX", "net_device", "ifindex"),
    ("NET_DEVICE_NET", "net_device", "nd_net.net"),
    ("NET_INUM", "net", "ns.inum"),
    ("DST_ENTRY_DEV", "dst_entry", "dev"),
    ("SHARED_INFO_GSO_SIZE", "skb_shared_info", "gso_size"),
    ("SHARED_INFO_GSO_SEGS", "skb_shared_info", "gso_segs"),
];

/// Reasons that the drop program must know by the running kernel's numbers: what it leaves out depends on them.
const REASONS: [(&str, &str); 2] = [
    ("NO_SOCKET", "SKB_DROP_REASON_NO_SOCKET"),
    ("NOT_SPECIFIED", "SKB_DROP_REASON_NOT_SPECIFIED"),
];

pub(crate) fn read(btf: &Btf) -> Result<Vec<(&'static str, u32)>, KernelError> {
    let offset = |&(constant, structure, field): &(&'static str, &'static str, &'static str)| {
        let offset = btf
            .offset_of(structure, field)
            .ok_or(KernelError::FieldMissing { structure, field })?;
        Ok((constant, offset))
    };
    let mut constants = FIELDS.iter().map(offset).collect::<Result<Vec<_>, _>>()?;
    let reasons = btf.enumerators(|name| name == "skb_drop_reason");
    let number_of = |name: &str| {
        reasons
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, number)| *number)
    };
    constants.extend(REASONS.map(|(constant, name)| (constant, number_of(name).unwrap_or(u32::MAX))));
    Ok(constants)
}
