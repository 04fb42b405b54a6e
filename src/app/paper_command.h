#ifndef HX_PAPER_COMMAND_H
#define HX_PAPER_COMMAND_H

/* `huxue paper`: a document of blocks in JSON on standard input, a PDF on standard output. */
int paper_command(void);
/* `huxue workbook`: tables in JSON, an XLSX file. */
int workbook_command(void);

#endif
