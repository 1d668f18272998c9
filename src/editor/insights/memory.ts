/** Keys of the extension's memory on this computer. */

/** When the user began to watch a week, in ms since the epoch. */
export const WATCHED = 'gearshift.insights.watchedSince';
/** That a report was saved once. */
export const REPORTED = 'gearshift.insights.reported';
