//! Which slot a key is in, and whose it is.

use redis::Value;

use crate::servers::Host;

/// How many slots a cluster has.
const COUNT: u16 = 16_384;

/// The slot of `key` ([Redis Cluster specification](https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags)).
pub(super) fn slot_of(key: &[u8]) -> u16 {
    crc16(tag(key).unwrap_or(key)) % COUNT
}

/// What stands between the first brace and the next that closes, if anything does.
fn tag(key: &[u8]) -> Option<&[u8]> {
    let rest = key.get(key.iter().position(|&byte| byte == b'{')? + 1..)?;
    let tag = rest.get(..rest.iter().position(|&byte| byte == b'}')?)?;
    (!tag.is_empty()).then_some(tag)
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            (crc << 1) ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 }
        })
    })
}

/// Slots that follow one another, and their master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    first: u16,
    last: u16,
    pub(super) master: Host,
}

/// The master of `slot`.
pub(super) fn master_of(ranges: &[Range], slot: u16) -> Option<&Host> {
    let place = ranges.partition_point(|range| range.last < slot);
    let range = ranges.get(place)?;
    (range.first <= slot).then_some(&range.master)
}

/// What `CLUSTER SLOTS` answered, in order; `asked` is who answered. Nothing if it is unclear, or no slot is served.
pub(super) fn parse(answer: Value, asked: &Host) -> Option<Vec<Range>> {
    let Value::Array(answer) = answer else {
        return None;
    };
    let mut ranges = answer
        .into_iter()
        .map(|range| parse_range(range, asked))
        .collect::<Option<Vec<_>>>()?;
    ranges.sort_by_key(|range| range.first);
    (!ranges.is_empty()).then_some(ranges)
}

fn parse_range(range: Value, asked: &Host) -> Option<Range> {
    let Value::Array(range) = range else {
        return None;
    };
    let mut parts = range.into_iter();
    let (Value::Int(first), Value::Int(last), Value::Array(master)) =
        (parts.next()?, parts.next()?, parts.next()?)
    else {
        return None;
    };
    let mut master = master.into_iter();
    let name = match master.next()? {
        Value::BulkString(name) => String::from_utf8(name).ok()?,
        _ => String::new(),
    };
    let Value::Int(port) = master.next()? else {
        return None;
    };
    Some(Range {
        first: first.try_into().ok()?,
        last: last.try_into().ok()?,
        master: named(&name, port.try_into().ok()?, asked),
    })
}

/// Where `said`, the details of a redirect by `asked`, sends to: `SLOT HOST:PORT`.
pub(super) fn redirected(said: &str, asked: &Host) -> Option<Host> {
    let (_slot, place) = said.split_once(' ')?;
    // Why from the right: an IPv6 address stands here without brackets.
    let (name, port) = place.rsplit_once(':')?;
    Some(named(name, port.parse().ok()?, asked))
}

/// Why: a server that knows no name of its own means the one under which it was asked.
fn named(name: &str, port: u16, asked: &Host) -> Host {
    let name = match name {
        "" | "?" => &asked.name,
        name => name,
    };
    Host {
        name: name.to_owned(),
        port,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_slots_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(slot_of(b"foo"), 12_182);
        assert_eq!(slot_of(b"a{foo}b{bar}"), 12_182);
        assert_eq!(slot_of(b"{}foo"), crc16(b"{}foo") % COUNT);
        assert_eq!(slot_of(b"{foo"), crc16(b"{foo") % COUNT);
    }

    fn host(name: &str, port: u16) -> Host {
        Host {
            name: name.to_owned(),
            port,
        }
    }

    #[test]
    fn redirects_say_where_to() {
        let asked = host("a", 1);
        assert_eq!(redirected("1 b:2", &asked), Some(host("b", 2)));
        assert_eq!(redirected("1 :2", &asked), Some(host("a", 2)));
        assert_eq!(redirected("1 ::1:2", &asked), Some(host("::1", 2)));
        assert_eq!(redirected("1 b", &asked), None);
    }

    #[test]
    fn a_slot_is_its_ranges_masters() {
        let range = |first, last, port| Range {
            first,
            last,
            master: host("a", port),
        };
        let ranges = [range(0, 9, 1), range(20, 29, 2)];
        let master = |slot| master_of(&ranges, slot).map(|host| host.port);
        assert_eq!(master(0), Some(1));
        assert_eq!(master(9), Some(1));
        assert_eq!(master(10), None);
        assert_eq!(master(20), Some(2));
        assert_eq!(master(30), None);
    }
}
