/* huxue: the command line. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/auth.h"
#include "app/command.h"
#include "app/control.h"
#include "app/datadir.h"
#include "app/decode.h"
#include "app/paper_command.h"
#include "app/report_command.h"
#include "app/rota_command.h"
#include "app/sim.h"
#include "app/tls_command.h"
#include "base/log.h"
#include "io/ticket.h"
#include "media/media_record.h"

static int usage(int code)
{
    fprintf(code ? stderr : stdout,
            "huxue init --data DIR --admin NAME --password-file F     new data directory 新建数据目录\n"
            "huxue token add --data DIR --user NAME [--days N]        prints an API token 生成接口令牌\n"
            "huxue import schools|people|devices|cameras|classes FILE --data DIR [--dry-run]   CSV, XLSX or JSON 导入\n"
            "huxue import classes FILE.zip --data DIR [--dry-run]    OneRoster 1.2 学籍班级\n"
            "huxue import calendar FILE.ics --data DIR [--county CODE] [--dry-run]   the school year 校历\n"
            "huxue demo --data DIR                                    the demo prefecture, with two weeks of rotas 演示州（含两周排班）\n"
            "huxue report --data DIR --as-of DATE [--known-at T] [--area CODE] [--json]  figures as of a date 截至某日的统计\n"
            "huxue audit verify --data DIR                            walks the hash chain 校验日志链\n"
            "huxue tls make --data DIR --name HOST[,ADDRESS…]         a local CA and the server's certificate 本地证书\n"
            "huxue tls link --data DIR --name CHILD_ID                   the certificate of a Huxue below this one 下级平台证书\n"
            "huxue backup --data DIR FILE                             online copy 在线备份\n"
            "huxue restore FILE --data DIR                            into an empty directory 恢复\n"
            "huxue decode dc09 [--key ACCOUNT=KEY] [FILE]             hex lines to JSON 解码\n"
            "huxue decode jt808 [--strict] [FILE]                     the same for student vehicles 校车终端报文解码\n"
            "huxue rota solve INSTANCE.json -o SOLUTION.json          the exact rota solver 排班求解 (huxue rota --help)\n"
            "huxue paper <DOCUMENT.json >FILE.pdf                     blocks of text to an A4 PDF 文档转 PDF\n"
            "huxue workbook <TABLES.json >FILE.xlsx                   tables to a spreadsheet 表格转 XLSX\n"
            "huxue clip verify FILE.mp4 [FILE.json]                   is the clip what was recorded? 校验录像\n"
            "huxue sim panel|storm|prefecture|bus|nvr --dc09 A:P …            simulators 模拟器 (huxue sim --help)\n");
    return code;
}

struct options {
    const char *data, *admin, *password_file, *user, *days, *name, *county;
    bool dry_run, strict;
    struct decode_how how;
    const char *rest[4];
    int rest_count;
};

static bool take_key(struct decode_keys *keys, const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || keys->count == DECODE_KEYS_MAX) return false;
    str_to_z((struct str){text, (size_t)(equals - text)}, keys->keys[keys->count].account, sizeof keys->keys[0].account);
    return dc09_key_parse(str_of(equals + 1), &keys->keys[keys->count++].key);
}

static bool parse(int argc, char **argv, struct options *o)
{
    static const struct option options[] = {{"data", 1, NULL, 'd'}, {"admin", 1, NULL, 'a'}, {"password-file", 1, NULL, 'p'}, {"user", 1, NULL, 'u'},
                                            {"days", 1, NULL, 'n'}, {"dry-run", 0, NULL, 'r'}, {"strict", 0, NULL, 's'}, {"name", 1, NULL, 'N'}, {"county", 1, NULL, 'c'}, {"key", 1, NULL, 'k'}, {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'd') o->data = optarg;
        else if (c == 'a') o->admin = optarg;
        else if (c == 'p') o->password_file = optarg;
        else if (c == 'u') o->user = optarg;
        else if (c == 'n') o->days = optarg;
        else if (c == 'r') o->dry_run = true;
        else if (c == 's') o->strict = true;
        else if (c == 'N') o->name = optarg;
        else if (c == 'c') o->county = optarg;
        else if (c != 'k' || !take_key(&o->how.keys, optarg)) return false;
    }
    while (optind < argc && o->rest_count < 4) o->rest[o->rest_count++] = argv[optind++];
    return optind == argc;
}

struct local {
    struct hx_app *app;
    const json_t *request;
    json_t *reply;
};

static enum hx_err run_local(struct tx *tx, void *arg)
{
    struct local *l = arg;
    return command_run(tx, l->app, l->request, &l->reply);
}

/* Asks the daemon when one runs on this directory, else does it here. */
static int run(const char *dir, json_t *request, json_t **reply)
{
    char detail[256] = "";
    enum hx_err e = control_ask(dir, request, reply);
    if (e == HX_E_NOT_FOUND) {
        struct datadir d;
        struct local l = {.request = request};
        e = datadir_open(dir, &d);
        l.app = &d.app;
        if (e == HX_E_CONFLICT) fprintf(stderr, "huxue: a daemon holds %s but does not answer 数据目录正被占用\n", dir);
        else if (e) fprintf(stderr, "huxue: %s is no data directory, or cannot be opened: make one with `huxue init` 数据目录无法打开\n", dir);
        if (e) return 1;
        e = writer_call(d.app.writer, run_local, &l, detail, sizeof detail);
        *reply = l.reply;
        datadir_close(&d);
    } else if (!e && json_has(*reply, "error")) {
        snprintf(detail, sizeof detail, "%s", json_z(*reply, "detail", ""));
        e = HX_E_INVALID;
    }
    json_decref(request);
    if (e && !json_has(*reply, "errors")) fprintf(stderr, "huxue: %s\n", detail[0] != 0 ? detail : err_text(e));
    return e ? 1 : 0;
}

static bool read_line(const char *file, char *out, size_t size)
{
    FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "r");
    bool good = f != NULL && fgets(out, (int)size, f) != NULL;
    if (f != NULL && f != stdin) fclose(f);
    if (good) out[strcspn(out, "\r\n")] = 0;
    return good;
}

static int init(const struct options *o)
{
    char password[256], encoded[128];
    json_t *reply = NULL;
    if (o->data == NULL || o->admin == NULL || o->password_file == NULL) return usage(2);
    if (!read_line(o->password_file, password, sizeof password)) return fprintf(stderr, "huxue: %s cannot be read 密码文件无法读取\n", o->password_file), 1;
    if (auth_password_flaw(password) != NULL) return fprintf(stderr, "huxue: %s 密码不合要求（至少 8 位）\n", auth_password_flaw(password)), 1;
    enum hx_err e = datadir_make(o->data);
    if (e == HX_E_CONFLICT) return fprintf(stderr, "huxue: %s holds a database already; nothing was changed 目录中已有数据库，未做任何改动\n", o->data), 1;
    if (e || auth_hash_password(password, encoded)) return fprintf(stderr, "huxue: %s cannot be made 目录无法创建\n", o->data), 1;
    uint8_t media_key[32];
    int code = run(o->data, json_pack("{s:s,s:s,s:s}", "do", "init", "admin", o->admin, "encoded", encoded), &reply);
    if (code == 0 && ticket_key_open(o->data, media_key)) code = 1;
    json_decref(reply);
    return code;
}

static int token(const struct options *o)
{
    json_t *reply = NULL;
    int64_t days = 365;
    if (o->data == NULL || o->user == NULL || (o->days != NULL && (!str_to_i64(str_of(o->days), &days) || days < 1 || days > 3650))) return usage(2);
    int code = run(o->data, json_pack("{s:s,s:s,s:I}", "do", "token", "user", o->user, "days", (json_int_t)days), &reply);
    if (code == 0) puts(json_z(reply, "token", ""));
    json_decref(reply);
    return code;
}

static int import(const struct options *o)
{
    char why[200];
    json_t *reply = NULL;
    if (o->data == NULL || o->rest_count != 3) return usage(2);
    json_t *rows = import_read(o->rest[2], why, sizeof why);
    if (rows == NULL) return fprintf(stderr, "huxue: %s: %s\n", o->rest[2], why), 1;
    int code = run(o->data, json_pack("{s:s,s:s,s:o,s:s,s:b}", "do", "import", "what", o->rest[1], "rows", rows, "county", o->county != NULL ? o->county : "", "dry_run", o->dry_run), &reply);
    const json_t *errors = json_object_get(reply, "errors");
    for (size_t i = 0; i < json_array_size(errors); i++) {
        const json_t *e = json_array_get(errors, i);
        printf("line %lld, %s: %s\n", (long long)json_i64(e, "line", 0), json_z(e, "column", ""), json_z(e, "error", ""));
    }
    const json_t *notes = json_object_get(reply, "notes"), *n;
    size_t at;
    json_array_foreach(notes, at, n) printf("line %lld: %s: %s\n", (long long)json_i64(n, "line", 0), json_z(n, "note", ""), json_z(n, "text", ""));
    if (json_has(reply, "rows")) {
        bool good = json_i64(reply, "bad", 1) == 0;
        printf("%lld rows, %lld errors: %s\n", (long long)json_i64(reply, "rows", 0), (long long)json_i64(reply, "bad", 0),
               json_flag(reply, "stored", false) ? "stored 已导入" : good ? "nothing stored (dry run) 试运行通过，未写入" : "nothing stored 有错误，未写入");
        if (good) code = 0;
    }
    json_decref(reply);
    return code;
}

static int demo(const struct options *o)
{
    json_t *reply = NULL;
    if (o->data == NULL) return usage(2);
    int code = run(o->data, json_pack("{s:s}", "do", "demo"), &reply);
    if (code == 0)
        printf("%lld schools, %lld panels, %lld units, %lld sentry boxes; sign in as operator, supervisor, education or wall with %s\n", (long long)json_i64(reply, "schools", 0),
               (long long)json_i64(reply, "panels", 0), (long long)json_i64(reply, "units", 0), (long long)json_i64(reply, "sentry_boxes", 0), json_z(reply, "password", ""));
    json_decref(reply);
    return code;
}

static int audit(const struct options *o)
{
    struct db *db;
    struct journal_audit a;
    if (o->data == NULL) return usage(2);
    if (db_open(o->data, DB_READ, &db)) return fprintf(stderr, "huxue: %s cannot be opened 数据目录无法打开\n", o->data), 1;
    enum hx_err e = journal_verify(db, &a);
    db_close(db);
    if (e == HX_OK) return printf("whole: %lld events 完整，共 %lld 条\n", (long long)a.events, (long long)a.events), 0;
    printf("broken at %lld: %s 日志链在第 %lld 条断裂\n", (long long)a.bad_seq, a.reason, (long long)a.bad_seq);
    return 1;
}

static int backup(const struct options *o)
{
    struct db *db;
    if (o->data == NULL || o->rest_count != 2) return usage(2);
    if (access(o->rest[1], F_OK) == 0) return fprintf(stderr, "huxue: %s exists already; nothing was overwritten 文件已存在\n", o->rest[1]), 1;
    if (db_open(o->data, DB_READ, &db)) return fprintf(stderr, "huxue: %s cannot be opened 数据目录无法打开\n", o->data), 1;
    umask(0077);
    db_snapshot(db); /* one instant, however long the copy takes */
    enum hx_err e = db_backup(db, o->rest[1]);
    db_snapshot_end(db);
    db_close(db);
    if (e) return unlink(o->rest[1]), fprintf(stderr, "huxue: the backup failed: is there space? 备份失败\n"), 1;
    printf("%s; keep keys/seal.key with it, but not in the same place 请另存 keys/seal.key\n", o->rest[1]);
    return 0;
}

static int restore(const struct options *o)
{
    char path[4096], bytes[65536];
    if (o->data == NULL || o->rest_count != 2) return usage(2);
    FILE *in = fopen(o->rest[1], "rb");
    if (in == NULL) return fprintf(stderr, "huxue: %s cannot be read 备份文件无法读取\n", o->rest[1]), 1;
    size_t n = fread(bytes, 1, 16, in);
    if (n != 16 || memcmp(bytes, "SQLite format 3", 16) != 0) return fclose(in), fprintf(stderr, "huxue: %s is no backup of Huxue 不是备份文件\n", o->rest[1]), 1;
    umask(0077);
    if (datadir_make(o->data)) return fclose(in), fprintf(stderr, "huxue: %s holds a database already; nothing was changed 目录中已有数据库\n", o->data), 1;
    snprintf(path, sizeof path, "%s/huxue.db", o->data);
    FILE *out = fopen(path, "wb");
    bool good = out != NULL;
    rewind(in);
    while (good && (n = fread(bytes, 1, sizeof bytes, in)) > 0) good = fwrite(bytes, 1, n, out) == n;
    if (out != NULL) good = fflush(out) == 0 && fsync(fileno(out)) == 0 && fclose(out) == 0 && good;
    fclose(in);
    if (!good) return fprintf(stderr, "huxue: %s cannot be written 写入失败\n", path), 1;
    return audit(o);
}

/* huxue clip verify FILE.mp4 [FILE.json]: needs no data directory and no daemon, only the two files. */
static int clip(const struct options *o)
{
    char manifest[4096], why[256];
    if (o->rest_count < 3) return usage(2);
    const char *file = o->rest[2], *dot = strrchr(file, '.');
    snprintf(manifest, sizeof manifest, "%.*s.json", dot != NULL ? (int)(dot - file) : (int)strlen(file), file);
    enum hx_err e = clip_verify(file, o->rest_count > 3 ? o->rest[3] : manifest, why, sizeof why);
    printf("%s: %s\n", e ? "NOT genuine 不真实" : "genuine 真实", why);
    return e ? 1 : 0;
}

static int decode(const struct options *o)
{
    struct decode_how how = o->how;
    if (o->rest_count < 2) return usage(2);
    how.strict = o->strict;
    if (strcmp(o->rest[1], "jt808") == 0) how.protocol = DECODE_JT808;
    else if (strcmp(o->rest[1], "dc09") != 0) return usage(2);
    FILE *in = o->rest_count > 2 ? fopen(o->rest[2], "r") : stdin;
    if (in == NULL) return fprintf(stderr, "huxue: %s cannot be read\n", o->rest[2]), 1;
    int code = decode_file(in, &how);
    if (in != stdin) fclose(in);
    return code;
}

int main(int argc, char **argv)
{
    static struct options o;
    signal(SIGPIPE, SIG_IGN);
    log_set_level(LOG_ERROR);
    if (argc >= 2 && strcmp(argv[1], "sim") == 0) return sim_main(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "rota") == 0) return rota_main(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "report") == 0) return report_main(argc - 1, argv + 1);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) return usage(argc < 2 ? 2 : 0);
    if (!parse(argc, argv, &o) || o.rest_count == 0) return usage(2);
    const char *what = o.rest[0], *sub = o.rest_count > 1 ? o.rest[1] : "";
    if (strcmp(what, "init") == 0) return init(&o);
    if (strcmp(what, "token") == 0 && strcmp(sub, "add") == 0) return token(&o);
    if (strcmp(what, "tls") == 0 && strcmp(sub, "make") == 0) return o.data != NULL && o.name != NULL ? tls_make(o.data, o.name) : usage(2);
    if (strcmp(what, "tls") == 0 && strcmp(sub, "link") == 0) return o.data != NULL && o.name != NULL ? tls_link(o.data, o.name) : usage(2);
    if (strcmp(what, "import") == 0) return import(&o);
    if (strcmp(what, "demo") == 0) return demo(&o);
    if (strcmp(what, "audit") == 0 && strcmp(sub, "verify") == 0) return audit(&o);
    if (strcmp(what, "backup") == 0) return backup(&o);
    if (strcmp(what, "restore") == 0) return restore(&o);
    if (strcmp(what, "decode") == 0) return decode(&o);
    if (strcmp(what, "paper") == 0) return paper_command();
    if (strcmp(what, "workbook") == 0) return workbook_command();
    if (strcmp(what, "clip") == 0 && strcmp(sub, "verify") == 0) return clip(&o);
    return usage(2);
}
