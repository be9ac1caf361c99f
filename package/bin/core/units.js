export const memoryPattern = /^([1-9]\d{0,8}) (MiB|GiB)$/;
export const durationPattern = /^(\d{1,9})(s|m|h)$/;
export const sizePattern = /^([1-9]\d{0,8}) (KB|MB|GB)$/;
const secondsPer = { s: 1, m: 60, h: 3600 };
const bytesPer = { KB: 1e3, MB: 1e6, GB: 1e9 };
function parts(text, pattern, example) {
    const match = pattern.exec(text);
    if (!match)
        throw new RangeError(`expected a quantity with its unit such as "${example}", got "${text}"`);
    return [Number(match[1]), match[2]];
}
export function toSeconds(duration) {
    const [count, unit] = parts(duration, durationPattern, '30s');
    return count * secondsPer[unit];
}
export function toLogSize(size) {
    const [count, unit] = parts(size, sizePattern, '10 MB');
    return `${count}${unit.charAt(0).toLowerCase()}`;
}
export function toBytes(size) {
    const [count, unit] = parts(size, sizePattern, '10 MB');
    return count * bytesPer[unit];
}
export function toMebibytes(memory) {
    const [count, unit] = parts(memory, memoryPattern, '512 MiB');
    return unit === 'GiB' ? count * 1024 : count;
}
