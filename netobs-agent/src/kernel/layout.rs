//! Where the fields lie that the drop program reads, as constants for it.
use super::{btf::Btf, error::KernelError};

/// A program's constant, and the field whose offset it holds.
const FIELDS: [(&str, &str, &str); 15] = [
    ("SK_BUFF_DEV", "sk_buff", "dev"),
    ("SK_BUFF_HEAD", "sk_buff", "head"),
    ("SK_BUFF_TAIL", "sk_buff", "tail"),
    ("SK_BUFF_END", "sk_buff", "end"),
    ("SK_BUFF_DATA_LEN", "sk_buff", "data_len"),
    ("SK_BUFF_NETWORK_HEADER", "sk_buff", "network_header"),
    ("SK_BUFF_PROTOCOL", "sk_buff", "protocol"),
    ("SK_BUFF_SKB_IIF", "sk_buff", "skb_iif"),
    ("SK_BUFF_REFDST", "sk_buff", "_skb_refdst"),
    ("NET_DEVICE_IFINDEX", "net_device", "ifindex"),
    ("NET_DEVICE_NET", "net_device", "nd_net.net"),
    ("NET_INUM", "net", "ns.inum"),
    ("DST_ENTRY_DEV", "dst_entry", "dev"),
    ("SHARED_INFO_GSO_SIZE", "skb_shared_info", "gso_size"),
    ("SHARED_INFO_GSO_SEGS", "skb_shared_info", "gso_segs"),
];

pub(crate) fn read(btf: &Btf) -> Result<Vec<(&'static str, u32)>, KernelError> {
    let offset = |&(constant, structure, field): &(&'static str, &'static str, &'static str)| {
        let offset = btf
            .offset_of(structure, field)
            .ok_or(KernelError::FieldMissing { structure, field })?;
        Ok((constant, offset))
    };
    FIELDS.iter().map(offset).collect()
}
