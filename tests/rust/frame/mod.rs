//! Frames come back as they were written; every way in which a file can be cut or damaged is told by its name.

use std::io::Cursor;

use pyrite::frame::{Broken, FILE_HEADER, FRAME_HEADER, Frame, Reader, Writer};

const TAG: u16 = 7;

fn written(payloads: &[&[u8]]) -> (Vec<u8>, Vec<u64>) {
    let mut writer = Writer::create(Vec::new(), TAG).unwrap();
    let places = payloads.iter().enumerate().map(|(i, p)| writer.append(i as u8, p).unwrap()).collect();
    assert_eq!(writer.position(), writer.get_ref().len() as u64);
    (writer.into_inner(), places)
}

fn all(bytes: &[u8]) -> (Vec<Frame>, Option<Broken>) {
    let mut frames = Vec::new();
    let mut reader = match Reader::open(bytes, TAG) {
        Ok(reader) => reader,
        Err(e) => return (frames, Some(e)),
    };
    loop {
        match reader.next() {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, None),
            Err(e) => return (frames, Some(e)),
        }
    }
}

#[test]
fn frames_come_back_in_order_and_at_their_places() {
    let big = vec![5; 200_000];
    let payloads: [&[u8]; 4] = [b"", b"a", &big, b"end"];
    let (bytes, places) = written(&payloads);
    let (frames, broken) = all(&bytes);
    assert!(broken.is_none());
    assert_eq!(frames.iter().map(|f| f.payload.as_slice()).collect::<Vec<_>>(), payloads);
    assert_eq!(frames.iter().map(|f| f.kind).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(frames.iter().map(|f| f.at).collect::<Vec<_>>(), places);
    let mut reader = Reader::open(Cursor::new(&bytes), TAG).unwrap();
    for i in [3, 0, 2, 1] {
        assert_eq!(reader.read_at(places[i]).unwrap().payload, payloads[i]);
    }
    assert_eq!(reader.next().unwrap().unwrap().payload, big);
}

#[test]
fn parts_are_put_together() {
    for size in [3, 100_000] {
        let part = vec![1; size];
        let mut writer = Writer::create(Vec::new(), TAG).unwrap();
        writer.append_parts(9, &[&part, b"", &part]).unwrap();
        let (frames, broken) = all(&writer.into_inner());
        assert!(broken.is_none());
        assert_eq!(frames[0].payload, vec![1; 2 * size]);
    }
}

#[test]
fn a_file_cut_anywhere_keeps_what_precedes() {
    let (bytes, places) = written(&[b"first", b"second", b"third"]);
    for end in 0..bytes.len() {
        let (frames, broken) = all(&bytes[..end]);
        let good = places.iter().skip(1).chain([&(bytes.len() as u64)]).filter(|p| **p <= end as u64).count();
        assert_eq!(frames.len(), good, "cut at {end}");
        let boundary = end == FILE_HEADER || places.contains(&(end as u64));
        match broken {
            None => assert!(boundary, "cut at {end}"),
            Some(Broken::Torn { at }) => assert!(!boundary && at <= end as u64, "cut at {end}"),
            Some(other) => panic!("cut at {end}: {other}"),
        }
    }
}

#[test]
fn damage_in_the_middle_is_no_torn_tail() {
    let (bytes, places) = written(&[b"first", b"second", b"third"]);
    for at in FILE_HEADER..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x40;
        let (frames, broken) = all(&damaged);
        let hit = places.iter().rposition(|p| *p <= at as u64).unwrap();
        assert_eq!(frames.len(), hit, "byte {at}");
        let in_last_payload = at as u64 >= places[2] + FRAME_HEADER as u64;
        match broken.unwrap() {
            Broken::Torn { at } => assert!(in_last_payload && at == places[2]),
            Broken::Corrupt { at } => assert!(!in_last_payload && at == places[hit]),
            other => panic!("byte {at}: {other}"),
        }
    }
}

#[test]
fn a_tail_of_zeros_is_torn() {
    let (mut bytes, _) = written(&[b"first"]);
    let end = bytes.len() as u64;
    bytes.resize(bytes.len() + 10_000, 0);
    assert!(matches!(all(&bytes), (frames, Some(Broken::Torn { at })) if frames.len() == 1 && at == end));
    bytes.push(1);
    assert!(matches!(all(&bytes), (_, Some(Broken::Corrupt { at })) if at == end));
}

#[test]
fn writing_goes_on_behind_the_last_good_frame() {
    let (bytes, _) = written(&[b"first", b"second"]);
    let torn = &bytes[..bytes.len() - 2];
    let mut reader = Reader::open(torn, TAG).unwrap();
    while let Ok(Some(_)) = reader.next() {}
    let end = reader.position();
    let mut writer = Writer::resume(torn[..end as usize].to_vec(), end);
    writer.append(1, b"again").unwrap();
    let (frames, broken) = all(&writer.into_inner());
    assert!(broken.is_none());
    assert_eq!(frames[1].payload, b"again");
}

#[test]
fn other_files_are_refused() {
    let (bytes, _) = written(&[b"first"]);
    assert!(matches!(Reader::open(&b"Obj\x01avro"[..], TAG), Err(Broken::Foreign)));
    assert!(matches!(Reader::open(&bytes[..], TAG + 1), Err(Broken::Foreign)));
    let mut later = bytes;
    later[4] = 200;
    let Err(e) = Reader::open(&later[..], TAG) else { panic!("a later layout was read") };
    assert!(e.to_string().contains("later Pyrite"), "{e}");
}

#[test]
fn a_forged_length_makes_no_room() {
    // A good header of a frame that claims an exabyte: only what is there is read.
    let mut bytes = written(&[]).0;
    let mut header = [0u8; FRAME_HEADER];
    header[..8].copy_from_slice(&(1u64 << 60).to_le_bytes());
    let own = crc32fast::hash(&header[..16]);
    header[16..].copy_from_slice(&own.to_le_bytes());
    bytes.extend(header);
    assert!(matches!(all(&bytes), (_, Some(Broken::Torn { .. }))));
}

#[test]
fn frames_on_the_disk_can_be_made_durable() {
    let path = std::env::temp_dir().join(format!("pyrite-frames-{}", std::process::id()));
    let file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    let mut writer = Writer::create(file, TAG).unwrap();
    writer.append(1, b"kept").unwrap();
    writer.sync().unwrap();
    assert_eq!(all(&std::fs::read(&path).unwrap()).0.len(), 1);
    std::fs::remove_file(path).unwrap();
}
