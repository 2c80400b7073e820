/** Of the program, as clients show it. */
export const VERSION = "0.1.0";
