/* `huxue rota solve|check`: the exact solver on its own, over files. */
#ifndef HX_ROTA_COMMAND_H
#define HX_ROTA_COMMAND_H

int rota_main(int argc, char **argv);

#endif
