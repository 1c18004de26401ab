// Every text of the page, in English and Korean.
const WORDS = {
  skip: ["Skip to the content", "본문으로 건너뛰기"],
  loading: ["Loading ...", "불러오는 중 ..."],
  live: ["live", "실시간"],
  gone: ["The program has ended, or can't be reached.", "프로그램이 끝났거나 연결할 수 없습니다."],
  jobs: ["Jobs", "작업"],
  stages: ["Stages", "스테이지"],
  streaming: ["Streaming", "스트리밍"],
  storage: ["Storage", "저장소"],
  executors: ["Executors", "실행기"],
  environment: ["Environment", "환경"],
  user: ["User", "사용자"],
  started: ["Started", "시작"],
  uptime: ["Running for", "실행 시간"],
  running_jobs: ["Running jobs", "실행 중인 작업"],
  completed_jobs: ["Completed jobs", "완료된 작업"],
  failed_jobs: ["Failed jobs", "실패한 작업"],
  none: ["None yet.", "아직 없습니다."],
  id: ["Id", "번호"],
  description: ["Description", "설명"],
  submitted: ["Submitted", "제출"],
  duration: ["Duration", "걸린 시간"],
  tasks: ["Tasks: succeeded/total", "태스크: 성공/전체"],
  stages_done: ["Stages: succeeded/total", "스테이지: 성공/전체"],
  kill: ["Kill", "중지"],
  kill_job: ["Kill job {}", "작업 {} 중지"],
  kill_sure: ["Kill job {}?", "작업 {}을(를) 중지할까요?"],
  status: ["Status", "상태"],
  rows: ["Rows", "행"],
  failure: ["Failure", "실패"],
  details: ["details", "자세히"],
  job: ["Job", "작업"],
  stage: ["Stage", "스테이지"],
  task: ["Task", "태스크"],
  partition: ["Partition", "파티션"],
  attempt: ["Attempt", "시도"],
  launched: ["Launched", "시작 시각"],
  graph: ["Stages of the job", "작업의 스테이지"],
  skew: ["Duration of tasks", "태스크의 걸린 시간"],
  no_stream: ["No stream runs.", "실행 중인 스트림이 없습니다."],
  running_batches: ["Running batches of {} for {} since {} ({} completed batches, {} records)", "{} 배치를 {} 동안 실행 중, 시작 {} (완료된 배치 {}개, 레코드 {}개)"],
  timelines: ["Timelines (last {} batches)", "시간 흐름 (최근 배치 {}개)"],
  histograms: ["Histograms", "히스토그램"],
  input_rate: ["Input rate", "입력 속도"],
  scheduling_delay: ["Scheduling delay", "스케줄링 지연"],
  processing_time: ["Processing time", "처리 시간"],
  total_delay: ["Total delay", "전체 지연"],
  average: ["Average: {}", "평균: {}"],
  sources: ["Sources", "소스"],
  source: ["Source", "소스"],
  host: ["Executor / host", "실행기 / 호스트"],
  last_error: ["Last error", "마지막 오류"],
  active: ["active", "활성"],
  inactive: ["inactive", "비활성"],
  batch_time: ["Batch time", "배치 시각"],
  records: ["Records", "레코드"],
  operations: ["Output operations: succeeded/total", "출력 연산: 성공/전체"],
  active_batches: ["Active batches ({})", "진행 중인 배치 ({})"],
  completed_batches: ["Completed batches (last {} of {})", "완료된 배치 (전체 {1} 중 최근 {0})"],
  batch: ["Batch of {}", "{} 배치"],
  output: ["Output operation", "출력 연산"],
  error: ["Error", "오류"],
  no_batch: ["This batch is not known any more.", "이 배치의 기록이 더 이상 없습니다."],
  memory: ["Memory", "메모리"],
  of_memory: ["{} of {}", "{} / {}"],
  spilled: ["On disk", "디스크"],
  no_rdds: ["No RDD is cached.", "캐시된 RDD가 없습니다."],
  name: ["Name", "이름"],
  value: ["Value", "값"],
  cores: ["Cores", "코어"],
  runtime: ["Runtime", "실행 환경"],
  settings: ["Settings", "설정"],
  back: ["Back", "뒤로"],
  records_a_second: ["{} records/s", "{} 레코드/초"],
};

let language = localStorage.getItem("pyrite-language") ?? (navigator.language.startsWith("ko") ? "ko" : "en");

// The text of that name; `{}` and `{0}` stand for the values.
export function word(name, ...values) {
  let next = 0;
  const text = WORDS[name][language === "ko" ? 1 : 0];
  return text.replace(/\{(\d?)\}/g, (_, at) => values[at === "" ? next++ : Number(at)]);
}

export function toggle() {
  language = language === "ko" ? "en" : "ko";
  localStorage.setItem("pyrite-language", language);
}

export const code = () => language;
