/* Included on the command line of every file: these calls stop the build. */
#ifndef HX_BANNED_H
#define HX_BANNED_H
#ifndef __ASSEMBLER__
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets localtime gmtime asctime ctime tmpnam mktemp
#endif
#endif
